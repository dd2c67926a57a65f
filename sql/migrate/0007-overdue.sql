-- counting what is overdue of a duty reads the index alone
DROP INDEX task_duty;
CREATE INDEX task_duty ON task (duty, state, due_us, tkey);
