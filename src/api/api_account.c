/* One's own sign-in through the API. */
#include "api/api_int.h"

void api_sessions(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct session_infos v = VEC_INIT(r);
    struct json *o = json_obj(r), *arr = json_set_arr(o, "sessions");
    if (!api_begin(r, ctx, false, &rd))
        return;
    enum rc rc = session_list(&rd, rd.actor.person, &v, &e);
    for (size_t i = 0; i < v.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_i64(x, "session", v.v[i].id);
        json_set_str(x, "device", v.v[i].device);
        json_set_str(x, "addr", v.v[i].addr);
        json_set_i64(x, "since", v.v[i].since);
        json_set_i64(x, "used", v.v[i].used);
        json_set_bool(x, "here", v.v[i].here);
    }
    api_end(r, &rd, rc, &e, o);
}
