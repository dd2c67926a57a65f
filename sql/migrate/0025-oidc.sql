-- operational: whose sign-in is an identity at a provider (OpenID Connect): issuer and subject, which do not change with names
CREATE TABLE account_oidc (person BIGINT PRIMARY KEY, iss TEXT NOT NULL, sub TEXT NOT NULL, since BIGINT NOT NULL, UNIQUE (iss, sub));
