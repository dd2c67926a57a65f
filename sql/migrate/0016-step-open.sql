-- the records that wait at a step are found without reading every route that ever ran
CREATE INDEX step_open ON step (record) WHERE state = 'open';
