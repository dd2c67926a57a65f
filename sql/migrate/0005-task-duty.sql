-- the regulation's pages ask per duty: when next, what last
CREATE INDEX task_duty ON task (duty, state, due_us);
CREATE INDEX task_duty_done ON task (duty, state, closed_at);
