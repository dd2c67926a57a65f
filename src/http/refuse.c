/* The answer to an error: a small page in the reader's language, or JSON under /api/, with the status and text of the catalogue and
 * the reference number that also stands in the log. Used before a handler (guard, route, body) and by pages. */
#include "http_int.h"

static void refuse_json(struct req *r, const struct err_info *info, const char *text, enum err_code code)
{
    struct json *j = json_obj(r), *e = json_set_obj(j, "error");
    json_set_str(e, "code", info->name);
    json_set_str(e, "message", text);
    json_set_str(e, "request", r->id);
    resp_json(r, info->http, j);
}

static void refuse_page(struct req *r, const struct err_info *info, const char *text)
{
    static const struct route_path HOME = {"/"};
    struct html *h = html_new(r, r->lang, 64 * 1024);
    char *status = mem_fmt(r, "%d", info->http);
    struct ui_frame f = {.title = msg_fill(r, r->lang, MSG("http.error.title"), status, NULL), .home = &HOME};
    ui_frame_open(h, &f);
    ui_heading(h, 1, f.title);
    html_el(h, E_P, text);
    html_open(h, E_P);
    html_open(h, E_SMALL);
    html_msgf(h, MSG("http.error.ref"), r->id, NULL);
    html_close(h, E_SMALL);
    html_close(h, E_P);
    html_open(h, E_P);
    html_open(h, E_A);
    html_href0(h, &HOME);
    html_msg(h, MSG("http.error.home"));
    html_close(h, E_A);
    html_close(h, E_P);
    ui_frame_close(h);
    resp_html(r, info->http, html_done(h));
}

void resp_error(struct req *r, enum err_code code, const char *arg)
{
    const struct err_info *info = err_info(code);
    const char *text = msg_fill(r, r->lang, info->msg_key, arg ? arg : "", NULL);
    if (code == ERR_HTTP_METHOD && r->allow)
        resp_header(r, "Allow", r->allow);
    if (info->http == 429 || info->http == 503)
        resp_header(r, "Retry-After", "5");
    const char *raw = r->raw_uri ? r->raw_uri : "";
    if (strncmp(raw, "/api/", 5) == 0)
        refuse_json(r, info, text, code);
    else
        refuse_page(r, info, text);
}
