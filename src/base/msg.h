/* Everything a user reads: msg/ja.po and msg/en.po, compiled into sorted tables by tools/msggen.
 * MSG("key") marks a key for tools/check_src, which fails when a catalogue lacks it. */
#ifndef BASE_MSG_H
#define BASE_MSG_H
#include "err.h"
#include "mem.h"
enum lang { LANG_JA, LANG_EN, LANG__N };
#define MSG(key) (key)
/* Text of the key; the key itself when unknown. Never NULL; owned by the program. */
const char *msg_text(enum lang lang, const char *key);
/* Fills {0} {1} {2} with the arguments (NULL ends the list). */
char *msg_fill(TALLOC_CTX *mem, enum lang lang, const char *key, ...) __attribute__((sentinel));
/* An error as people are told of it: the text of its code with its word filled in. */
char *err_say(TALLOC_CTX *mem, enum lang lang, const struct err *e);
bool msg_has(enum lang lang, const char *key);
#endif
