-- is the same file attached elsewhere (an erased name leaves its bytes only then)
CREATE INDEX attachment_sha ON attachment (sha256, id);
