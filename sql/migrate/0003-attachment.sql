-- An attachment is looked up by its record.
CREATE INDEX attachment_record ON attachment (record, id);
