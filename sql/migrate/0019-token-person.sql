-- Tokens are read by their owner: the page that shows them, and the limit on how many there may be.
CREATE INDEX api_token_person ON api_token (person, name);
