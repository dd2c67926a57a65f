-- Lists of accounts (docs/decisions/0013): which known accounts the list on its way does not show.
CREATE INDEX staging_record ON staging (batch, record);
