/* What a task asks, in the reader's language: its title and, where a check set it, what to do about the violation. */
#include "page/page_int.h"

static const struct then *then_of(const struct form *f, const char *key)
{
    for (size_t i = 0; f != NULL && i < f->then_n; i++)
        if (text_eq(f->then[i].key, key))
            return &f->then[i];
    return NULL;
}

void task_say(struct screen *s, const struct form *f, const struct task_info *t)
{
    enum lang lang = req_lang(s->r);
    const struct check *k = s->rd.set ? pack_check(s->rd.set, t->name) : NULL;
    const struct then *th = k ? NULL : then_of(f, t->name);
    html_text(s->h, k && k->label ? pick_lang(lang, k->label, k->label_en) : th ? pick_lang(lang, th->label, th->label_en) : t->schedule ? pick_lang(lang, t->schedule->label, t->schedule->label_en) : t->title);
    if (k && k->text)
        html_el(s->h, E_SMALL, pick_lang(lang, k->text, k->text_en));
}
