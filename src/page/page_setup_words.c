/* Second step of the first hour: the words to fill in and the alternatives to choose. */
#include "page/setup_page.h"

void setup_words_show(struct setup_page *u)
{
    setup_open(u, 2, MSG("setup.words"), MSG("setup.words-help"));
    setup_form(u, "words", false);
    for (size_t i = 0; u->s.rd.set != NULL && i < u->s.rd.set->pack_n; i++)
        if (u->s.rd.set->pack[i].article_n > 0) {
            ui_heading(u->s.h, 2, pick_lang(req_lang(u->r), u->s.rd.set->pack[i].title, u->s.rd.set->pack[i].title_en));
            words_form(&u->s, &u->s.rd.set->pack[i], 3);
        }
    if (u->s.rd.set != NULL) {                           /* asked now: the first application of the head of the house would stop */
        ui_heading(u->s.h, 2, setup_text(u, MSG("setup.top-post")));
        words_param(&u->s, "core.top_post");
    }
    setup_close(u, MSG("setup.next"));
}

void setup_words_do(struct setup_page *u)
{
    struct json *args = json_obj(u->r);
    const struct json *body;
    struct json *settings = words_read(u->r, u->s.rd.set);
    struct ui_problem bad[20];
    size_t n = words_check(&u->s, settings, bad, ARRAY_N(bad));
    for (size_t i = 0; i < n; i++)
        setup_trouble(u, bad[i].field_id, bad[i].text);
    if (n > 0) {
        setup_words_show(u);
        return;
    }
    json_set(args, "settings", settings);
    if (setup_run(u, "set.settings", args, &body))
        setup_people_show(u);
    else if (u->s.reading)
        setup_words_show(u);
}
