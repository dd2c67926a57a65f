/* The values of words, figures and alternatives, whoever sends them: readable as what they are, no weaker than the regulation states, an option
 * that there is. Kept in their canonical form. */
#include "core/core_state.h"

/* Hours and minutes only where the regulation counts in them: conditions count days. */
bool setting_figure_read(TALLOC_CTX *mem, enum lang lang, const struct param *a, const char *text, const char **ret_text, struct trouble_vec *bad)
{
    const struct field f = {.id = a->id, .path = a->id, .label = a->label, .label_en = a->label_en, .type = a->type};
    const struct value_ctx c = {.lang = lang, .hours = a->dflt != NULL && strncmp(a->dflt, "PT", 2) == 0};
    return value_read(mem, &c, &f, a->id, text, ret_text, bad);
}

static void param_judge(struct work *w, const char *key, const struct param *a, const char *sent, const char **ret_text)
{
    struct trouble_vec bad = VEC_INIT(w->mem);
    const char *label = pick_lang(w->actor.lang, a->label, a->label_en);
    *ret_text = sent;
    if (a->type == FT_ROLE)                              /* by id, key or name: setting.c asks whether it is a post */
        return;
    if (strcmp(a->id, "sign_in_from") == 0 || text_eq(a->is, "sign_in_from")) {
        const char *word = device_list_bad(w->mem, sent);
        if (word != NULL)
            trouble_add(w, key, "address", msg_fill(w->mem, w->actor.lang, MSG("settings.address"), word, NULL), key, a->article, false);
    }
    if (!setting_figure_read(w->mem, w->actor.lang, a, sent, ret_text, &bad))
        trouble_add(w, key, bad.n > 0 ? bad.v[0].code : "type", bad.n > 0 ? bad.v[0].text : label, key, a->article, false);
    else if (*ret_text != NULL && pack_weaker(w->set, a, *ret_text))
        trouble_add(w, key, "weaker", msg_fill(w->mem, w->actor.lang, MSG("settings.weaker"), label, *ret_text, a->dflt, NULL), key, a->article, false);
}

static void choice_judge(struct work *w, const char *key, const struct choice *c, const char *sent)
{
    struct str rest = str_of(sent), one;
    size_t n = 0;
    while (str_next(&rest, ' ', &one))
        n += one.n > 0;
    if (n > 1 && !c->many)
        trouble_add(w, key, "option", msg_fill(w->mem, w->actor.lang, MSG("settings.one-option"), pick_lang(w->actor.lang, c->label, c->label_en), NULL), key, c->article, false);
}

/* Names are known already (setting_names_check). ret_clean: the values as they are to be kept; NULL: only asked. */
enum rc setting_values_check(struct work *w, const struct json *in, struct json *ret_clean, struct err *e)
{
    size_t before = w->troubles->n;
    for (struct json_pos p = {0}; json_next(in, &p);) {
        const char *sent = json_str(p.val), *text = sent;
        const struct pack_named it = pack_named(w->set, p.key);
        if (it.param != NULL && sent != NULL)
            param_judge(w, p.key, it.param, sent, &text);
        if (it.choice != NULL && sent != NULL)
            choice_judge(w, p.key, it.choice, sent);
        if (ret_clean != NULL)
            json_set_str(ret_clean, p.key, sent != NULL && text == NULL ? "" : text);
    }
    if (w->troubles->n == before)
        return RC_OK;
    const struct trouble *t = &w->troubles->v[before];
    const char *why = t->article != NULL && strcmp(t->article, "-") != 0 ? mem_fmt(w->mem, "%s (%s)", t->text, t->article) : t->text;
    return err_set_arg(e, ERR_SETTING_VALUE, why, "setting %s: %s", t->path, t->code);
}
