/* Session and API tokens: 256 bits, base64url; the database holds only their SHA-256. */
#include <string.h>
#include "crypt/crypt.h"

char *crypt_token(TALLOC_CTX *mem)
{
    uint8_t raw[32];
    crypt_random(raw, sizeof raw);
    char *t = b64_text(mem, raw, sizeof raw);
    for (char *p = t; *p != '\0'; p++)
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
    t[43] = '\0';
    return t;
}

void crypt_token_hash(const char *token, uint8_t ret[32]) { crypt_sha256(token, strlen(token), ret); }
