-- Schedules (docs/decisions/0008): the record that is the evidence of a task, and how far each schedule has made its tasks.
-- the record that a task was done with
ALTER TABLE task ADD COLUMN done_record BIGINT;
CREATE INDEX task_evidence ON task (done_record);
CREATE INDEX task_name ON task (name, state, closed_at);
-- projection: a schedule of the set in use: since = the day from which its rule counts, upto = the last occurrence whose tasks all stand, day and after = the one being made
CREATE TABLE sched (key TEXT PRIMARY KEY, rule TEXT NOT NULL, since TEXT NOT NULL, upto TEXT, day TEXT, after BIGINT NOT NULL);
