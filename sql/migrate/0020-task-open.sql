-- The open tasks in the order of their keys: who holds the posts is looked through chunk by chunk, and each chunk went through all that is open.
CREATE INDEX task_open ON task (state, tkey);
