-- Since when a verdict stands is found again after a rebuild from its history, subject by subject.
CREATE INDEX verdict_flip_subject ON verdict_flip (chk, subject, at);
