/* base: what every room stands on; knows nothing of the product.
 *
 *   mem.h    talloc wrappers that never return NULL; request pools; MEM_SCOPE; leak counts
 *   str.h    struct str slices: compare, split, trim, UTF-8 check, search folding (ICU)
 *   buf.h    growable byte buffer with a maximum; the only place that formats text
 *   vec.h    typed vector (macros) and string-keyed, insertion-ordered map
 *   err.h    enum rc, struct err, the catalogue errors.def
 *   log.h    one structured line per event to stderr
 *   msg.h    message catalogue (msg/ja.po, msg/en.po), by key and language
 *   clock.h  the only clock: UTC microseconds; replaceable in scene builds
 *   civil.h  civil dates, wareki, fiscal years, the organisation's zone
 *   file.h   bounded read, atomic write, append with O_DSYNC, directories
 *   json.h   bounded JSON reading and canonical writing (jansson only in json.c)
 *   conf.h   command line and environment -> one const struct; files of key = value lines
 *   turn.h   how many may ask a server elsewhere at once, and that nobody waits while it is down
 *   csv.h    strict RFC 4180 reader with line numbers; CP932 or UTF-8
 */
#ifndef BASE_H
#define BASE_H
#include "mem.h"
#include "str.h"
#include "err.h"
#include "buf.h"
#include "vec.h"
#include "log.h"
#include "msg.h"
#include "clock.h"
#include "civil.h"
#include "file.h"
#include "json.h"
#include "conf.h"
#include "csv.h"
#include "turn.h"
#endif
