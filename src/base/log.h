/* One line per event on stderr: time, level, event, key=value pairs; values are escaped, so that
 * a line break in data cannot forge a line. Boundary rooms only. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "err.h"
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
void log_set_level(enum log_level level);
/* log_event(LOG_INFO, "http.start", "addr", "127.0.0.1", "port", "8080", NULL) */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));
void log_err(const char *event, const char *request_id, const struct err *e);
#endif
