-- why a condition could not be computed: a code and the reference number of the line in the log
ALTER TABLE verdict ADD COLUMN why TEXT;
