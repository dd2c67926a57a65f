/* Codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds) behind crypt.h. liboath makes them; comparing is ours, in constant
 * time and never for a step that was used. */
#include <stdlib.h>
#include <string.h>
#include <liboath/oath.h>
#include "crypt/crypt.h"

#define STEP_S 30
#define SKEW 1               /* steps that a phone's clock may be off */

bool totp_fits(const uint8_t secret[TOTP_SECRET_N], int64_t now_us, int64_t after_step, const char *code, int64_t *ret_step)
{
    int64_t now = now_us / US_PER_S / STEP_S;
    bool fits = false;
    char want[TOTP_DIGITS + 1];
    if (strlen(code) != TOTP_DIGITS)
        return false;
    for (int64_t s = now - SKEW; s <= now + SKEW; s++) {
        if (s <= after_step || s < 0)
            continue;
        if (oath_totp_generate((const char *)secret, TOTP_SECRET_N, (time_t)(s * STEP_S), STEP_S, 0, TOTP_DIGITS, want) != OATH_OK)
            return false;
        if (!fits && crypt_same(want, code, TOTP_DIGITS)) {
            fits = true;
            *ret_step = s;
        }
    }
    return fits;
}

char *totp_base32(TALLOC_CTX *mem, const uint8_t secret[TOTP_SECRET_N])
{
    char *text = NULL;
    size_t n = 0;
    if (oath_base32_encode((const char *)secret, TOTP_SECRET_N, &text, &n) != OATH_OK)
        abort();                                  /* out of memory: nowhere else is it answered either */
    char *ret = mem_strndup(mem, text, n);
    free(text);
    return ret;
}
