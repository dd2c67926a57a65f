/* The language switch in the header: in the session of whoever is signed in, else in a cookie, so that set-up and sign-in can be read, too. Back to
 * the page that it was pressed on, when that is one of ours that can be opened. */
#include "page/page_int.h"

#define LANG_COOKIE "daicho_lang"
static const struct actor nobody = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "language"};

enum lang language_of(const struct req *r)
{
    return text_eq(req_cookie(r, LANG_COOKIE), "en") ? LANG_EN : LANG_JA;
}

static void session_lang(struct req *r, struct core *core, const char *token, const char *lang)
{
    struct json *args = json_obj(r);
    struct answer *a;
    json_set_str(args, "token", token);
    json_set_str(args, "lang", lang);
    core_command(core, r, &nobody, "session.touch", args, NULL, &a);
    if (a->rc != RC_OK)
        log_err("language", req_id(r), &a->err);
}

void language_keep(struct req *r, struct core *core, const char *token)
{
    if (language_of(r) == LANG_EN)
        session_lang(r, core, token, "en");
}

static bool fits(const char *pattern, struct str path)
{
    struct str p = str_of(pattern), a, b;
    while (str_next(&p, '/', &a)) {
        if (!str_next(&path, '/', &b))
            return false;
        bool open = a.n > 0 && a.p[0] == '{';
        if (open ? b.n == 0 : !str_eq(a, b))
            return false;
    }
    return !str_next(&path, '/', &b);
}

/* The path (with its query) of the page that the button stood on; NULL when it cannot be opened again. */
static const char *came_from(struct req *r)
{
    const char *from = req_header(r, "Referer"), *host = req_header(r, "Host");
    const char *at = from ? strstr(from, "://") : NULL;
    size_t n = host ? strlen(host) : 0;
    if (at == NULL || n == 0 || strncmp(at + 3, host, n) != 0 || at[3 + n] != '/' || !url_is_local(at + 3 + n))
        return NULL;
    const char *path = at + 3 + n;
    struct str bare = {path, strcspn(path, "?#")};
    for (size_t i = 0; i < page_routes_n; i++)
        if (page_routes[i].method == METHOD_GET && fits(page_routes[i].path.pattern, bare))
            return path;
    return NULL;
}

void page_language_post(struct req *r, void *ctx)
{
    struct site *site = ctx;
    const char *back = came_from(r), *lang = req_lang(r) == LANG_JA ? "en" : "ja";
    if (page_user(r) != NULL)
        session_lang(r, site->core, req_cookie(r, "daicho"), lang);
    resp_cookie(r, LANG_COOKIE, lang, 365 * 86400);
    resp_redirect(r, back ? back : url_make(r, page_path("home"), NULL, 0));
}
