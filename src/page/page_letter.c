/* 任命書: an appointment in force as a letter to the person, from its print page. Signed by whoever heads the organisation on the day of the appointment. */
#include "page/page_int.h"

bool letter_of(const struct record *rec)
{
    return strcmp(rec->form_ident, "assignment") == 0 && rec->force_rev != 0 && strcmp(rec->state, "void") != 0;
}

void letter_link(struct screen *s, const struct record *rec)
{
    html_open(s->h, E_P);
    html_class(s->h, "tools");
    page_link(s->h, MSG("appoint.title"), "print", URL_I(rec->id), URL_Q("as", "letter"));
    html_close(s->h, E_P);
}

static const char *named(struct screen *s, const struct content *c, const char *path)
{
    int64_t id;
    const char *text = content_get(c, path);
    return text != NULL && str_to_i64(str_of(text), &id) ? person_name(s->rd.db, s->r, id) : NULL;
}

/* The day as the letter says it; in English as it is kept. */
static const char *day_text(struct screen *s, const char *on)
{
    struct civil d;
    return req_lang(s->r) == LANG_JA && on != NULL && civil_read(str_of(on), &d) ? civil_wareki(s->r, d) : on ? on : "";
}

static enum rc signer(struct screen *s, const char *on, const char **ret_post, const char **ret_name, struct err *e)
{
    const struct role *top = pack_role(s->rd.set, "core:top_management");
    struct id_vec who = VEC_INIT(s->r);
    *ret_post = *ret_name = "";
    if (top == NULL)
        return RC_OK;
    const struct role *spoken = role_spoken(s->rd.set, top);
    *ret_post = pick_lang(req_lang(s->r), spoken->name, spoken->name_en);
    TRY(org_holders_set(s->rd.db, s->r, s->rd.set, top->key, 0, on, &who, e));
    *ret_name = who.n > 0 ? person_name(s->rd.db, s->r, who.v[0]) : "";
    return RC_OK;
}

static void para(struct screen *s, const char *text)
{
    html_el(s->h, E_P, text);
}

static void body_out(struct screen *s, const struct content *c, const struct role *role)
{
    enum lang lang = req_lang(s->r);
    const char *from = day_text(s, content_get(c, "from_on")), *to = content_get(c, "to_on"), *dept = named(s, c, "department"), *duty = content_get(c, "sme.duty");
    const char *post = role ? pick_lang(lang, role->name, role->name_en) : content_get(c, "role");
    if (dept != NULL)
        post = msg_fill(s->r, lang, MSG("appoint.post-in"), dept, post, NULL);
    para(s, msg_fill(s->r, lang, MSG("appoint.to"), named(s, c, "person"), NULL));
    para(s, msg_fill(s->r, lang, MSG("appoint.appointed"), from, post, NULL));
    ui_kv_open(s->h);
    ui_kv(s->h, msg_text(lang, MSG("appoint.term")), to ? msg_fill(s->r, lang, MSG("appoint.from-to"), from, day_text(s, to), NULL) : msg_fill(s->r, lang, MSG("appoint.from"), from, NULL));
    if (duty != NULL || (role != NULL && role->summary != NULL))
        ui_kv(s->h, msg_text(lang, MSG("appoint.duty")), duty ? duty : role->summary);
    ui_kv_close(s->h);
}

void letter_page(struct screen *s, const struct record *rec)
{
    struct content *c;
    struct err e = {0};
    size_t erased;
    const char *post, *name;
    if (revision_content(s->rd.db, s->r, rec->force_rev, &c, &erased, &e) != RC_OK || signer(s, content_get(c, "from_on") ? content_get(c, "from_on") : s->rd.today, &post, &name, &e) != RC_OK) {
        screen_fail(s, &e);
        return;
    }
    const struct role *role = content_get(c, "role") ? pack_role(s->rd.set, content_get(c, "role")) : NULL;
    screen_open(s, msg_text(req_lang(s->r), MSG("appoint.title")), "");
    html_open(s->h, E_ARTICLE);
    html_class(s->h, "letter");
    body_out(s, c, role && role->is == NULL ? role_spoken(s->rd.set, role) : role);
    html_open(s->h, E_DIV);
    html_class(s->h, "signed");
    para(s, day_text(s, content_get(c, "from_on")));
    para(s, screen_org(s));
    para(s, mem_fmt(s->r, "%s  %s", post, name));
    html_close(s->h, E_DIV);
    para(s, mem_fmt(s->r, "%s %s", msg_text(req_lang(s->r), MSG("col.number")), rec->number));
    html_close(s->h, E_ARTICLE);
    screen_close(s, 200);
}
