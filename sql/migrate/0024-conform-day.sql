-- operational: how an article conformed, a row for each day on which it differed from the day before: as the day ended (state and counts) and the worst of it
CREATE TABLE conform_day (pack TEXT NOT NULL, article TEXT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL, worst TEXT NOT NULL, bad_n BIGINT NOT NULL, unknown_n BIGINT NOT NULL, excepted_n BIGINT NOT NULL, ok_n BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (pack, article, day));
-- operational: how many articles of a regulation stood how as the day ended; a day without a row was not looked at
CREATE TABLE conform_total (pack TEXT NOT NULL, day TEXT NOT NULL, bad_n BIGINT NOT NULL, unknown_n BIGINT NOT NULL, excepted_n BIGINT NOT NULL, ok_n BIGINT NOT NULL, none_n BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (pack, day));
-- what does not conform over all checks, the oldest first: small beside the verdicts
CREATE INDEX verdict_open ON verdict (state, since_us, subject) WHERE state IN ('bad', 'unknown');
