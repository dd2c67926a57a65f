/* A form as controls, or as text. Field ids in the page are "f-" (or another prefix) + path with . and [] as -, so that problem lists can link to them. */
#include "form/form.h"

#define OPTIONS_MAX 400             /* more candidates than that are looked for by a word */
#define FOUND_MAX 100
#define TICKS_MAX 20                /* as ticks, of many that nobody looked for yet */
#define SPARE_ROWS 3

static const char *prefix_of(const struct form_env *env) { return env->prefix ? env->prefix : "f"; }

static char *dom_id(TALLOC_CTX *mem, const struct form_env *env, const char *path)
{
    char *s = mem_fmt(mem, "%s-%s", prefix_of(env), path);
    for (char *p = s; *p != '\0'; p++)
        if (*p == '.' || *p == '[' || *p == ']')
            *p = '-';
    return s;
}

/* "undecided:PATH": the field that a condition could not be judged without. */
static const char *undecided_path(const struct trouble *t)
{
    return t->code != NULL && strncmp(t->code, "undecided:", 10) == 0 ? t->code + 10 : NULL;
}

/* Already said: the same text before, or a condition that waits for a field whose own trouble stands in the list. */
static bool said(const struct trouble_vec *t, size_t i)
{
    const char *waits = undecided_path(&t->v[i]);
    for (size_t k = 0; k < t->n; k++) {
        const struct trouble *o = &t->v[k];
        if (waits != NULL && undecided_path(o) == NULL && text_eq(o->path, waits))
            return true;
        if (k < i && (waits ? text_eq(undecided_path(o), waits) : text_eq(o->text, t->v[i].text) && text_eq(o->path, t->v[i].path)))
            return true;
    }
    return false;
}

static const char *trouble_text(TALLOC_CTX *mem, const struct form *f, const struct trouble *t, enum lang lang)
{
    const char *waits = undecided_path(t);
    const struct field *fd = waits ? pack_field(f, waits) : NULL;
    return fd ? msg_fill(mem, lang, MSG("form.undecided"), pick_lang(lang, fd->label ? fd->label : fd->id, fd->label_en), NULL) : t->text;
}

static const char *trouble_of(TALLOC_CTX *mem, const struct form *f, const struct trouble_vec *t, const char *path, enum lang lang)
{
    for (size_t i = 0; t != NULL && i < t->n; i++)
        if (t->v[i].path != NULL && strcmp(t->v[i].path, path) == 0 && !t->v[i].warning && !said(t, i))
            return trouble_text(mem, f, &t->v[i], lang);
    return NULL;
}

static bool stage_in(const struct field *f, const char *const *stages)
{
    for (size_t i = 0; stages[i] != NULL; i++)
        if (pack_field_asked(f, stages[i]))
            return true;
    return false;
}

static const char *label_of(const struct field *f, const struct form_env *env) { return pick_lang(env->lang, f->label ? f->label : f->id, f->label_en); }

/* ---- text of a value ---- */

static const char *shown(TALLOC_CTX *mem, const struct field *f, const char *text, const struct form_env *env)
{
    int64_t id, us;
    if (text == NULL)
        return "";
    if (value_is_ref(f) && str_to_i64(str_of(text), &id))
        return env->ref_title(env->ctx, f, id);
    if (f->type == FT_FILE && str_to_i64(str_of(text), &id) && env->file_name != NULL)
        return env->file_name(env->ctx, id);
    if (f->type == FT_SIGN && value_sign_read(text, &id, &us))
        return mem_fmt(mem, "%s %s", env->ref_title(env->ctx, f, id), value_show(mem, f, text, env->lang));
    if (f->type == FT_ROLE && env->role_name != NULL)
        return env->role_name(env->ctx, text);
    return value_show(mem, f, text, env->lang);
}

const char *form_value_text(TALLOC_CTX *mem, const struct field *f, const char *text, const struct form_env *env) { return shown(mem, f, text, env); }

static void value_out(struct html *h, TALLOC_CTX *mem, const struct field *f, const char *text, const struct form_env *env)
{
    int64_t id;
    bool ref = text != NULL && value_is_ref(f) && str_to_i64(str_of(text), &id);
    bool file = text != NULL && f->type == FT_FILE && str_to_i64(str_of(text), &id);
    if (ref || file) {
        html_open(h, E_A);
        html_href(h, ref ? env->record_path : env->file_path, URL_I(id));
        html_text(h, shown(mem, f, text, env));
        html_close(h, E_A);
    } else {
        html_text(h, shown(mem, f, text, env));
    }
}

/* ---- showing ---- */

static void show_table(struct html *h, TALLOC_CTX *mem, const struct field *f, const struct content *c, size_t rows, const struct form_env *env)
{
    const char **labels = mem_array(mem, const char *, f->cols_n + 1);
    for (size_t i = 0; i < f->cols_n; i++)
        labels[i] = label_of(&f->cols[i], env);
    ui_table_open(h, label_of(f, env));
    ui_table_head(h, labels, f->cols_n);
    for (size_t r = 0; r < rows; r++) {
        html_open(h, E_TR);
        for (size_t i = 0; i < f->cols_n; i++) {
            html_open(h, E_TD);
            value_out(h, mem, &f->cols[i], content_get(c, mem_fmt(mem, "%s[%zu].%s", f->path, r, f->cols[i].id)), env);
            html_close(h, E_TD);
        }
        html_close(h, E_TR);
    }
    ui_table_close(h);
}

static void show_list(struct html *h, TALLOC_CTX *mem, const struct field *f, const struct content *c, size_t rows, const struct form_env *env)
{
    for (size_t r = 0; r < rows; r++) {
        if (r > 0)
            html_text(h, "、");
        value_out(h, mem, f, content_get(c, mem_fmt(mem, "%s[%zu]", f->path, r)), env);
    }
}

static void show_field(struct html *h, TALLOC_CTX *mem, const struct field *f, const struct content *c, const struct form_env *env)
{
    size_t rows = content_rows(c, f->path);
    html_open(h, E_DIV);
    html_el(h, E_DT, label_of(f, env));
    html_open(h, E_DD);
    if (f->type == FT_TABLE && rows > 0)
        show_table(h, mem, f, c, rows, env);
    else if (rows > 0)
        show_list(h, mem, f, c, rows, env);
    else
        value_out(h, mem, f, content_get(c, f->path), env);
    html_close(h, E_DD);
    html_close(h, E_DIV);
}

void form_show(struct html *h, const struct form *f, const struct content *c, const struct form_env *env)
{
    MEM_SCOPE(mem, NULL);
    const char *group = NULL;
    ui_kv_open(h);
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        bool filled = content_get(c, fd->path) != NULL || content_rows(c, fd->path) > 0;
        if (!filled && !fd->required && fd->stage != NULL)
            continue;
        if (fd->group != NULL && !text_eq(fd->group, group)) {
            ui_kv_close(h);
            ui_heading(h, 3, fd->group);
            ui_kv_open(h);
            group = fd->group;
        }
        show_field(h, mem, fd, c, env);
    }
    ui_kv_close(h);
}

/* ---- controls ---- */

struct ctl { struct html *h; const struct form *f; TALLOC_CTX *mem; const struct content *c; const struct trouble_vec *troubles; const struct form_env *env;
             const struct form *of; struct form_opt *opt; size_t opt_n; /* the candidates read last: a table asks for the same ones in every row */ };

static void candidates(struct ctl *k, const struct field *f)
{
    if (k->of != NULL && k->of == f->ref)
        return;
    k->of = f->ref;
    k->opt = mem_array(k->mem, struct form_opt, OPTIONS_MAX + 1);
    k->opt_n = k->env->ref_options(k->env->ctx, f, NULL, k->opt, OPTIONS_MAX + 1);
}

/* A word and a button that shows the page again with what fits; works without script, and nothing typed is lost on the way. */
static void finder(struct ctl *k, const char *name, const char *word, size_t found, const struct ui_row *row)
{
    const enum lang lang = k->env->lang;
    const struct ui_row find = {.id = mem_fmt(k->mem, "%s-find", row->id), .label = msg_fill(k->mem, lang, MSG("form.find-in"), row->label, NULL)};
    html_open(k->h, E_LABEL);
    html_class(k->h, "attached");
    html_attr(k->h, A_FOR, find.id);
    html_text(k->h, find.label);
    html_close(k->h, E_LABEL);
    html_open(k->h, E_DIV);
    html_class(k->h, "finder");
    ui_input(k->h, "search", mem_fmt(k->mem, "q.%s", name), word, &find);
    ui_button(k->h, MSG("form.find"), "find", name, false);
    html_close(k->h, E_DIV);
    html_open(k->h, E_P);
    html_class(k->h, "help");
    html_text(k->h, word == NULL ? msg_fill(k->mem, lang, MSG("form.find-first"), mem_fmt(k->mem, "%zu", found), NULL)
                    : found == 0 ? msg_fill(k->mem, lang, MSG("form.find-none"), word, NULL)
                    : msg_fill(k->mem, lang, found < FOUND_MAX ? MSG("form.found") : MSG("form.found-first"), word, mem_fmt(k->mem, "%zu", found), NULL));
    html_close(k->h, E_P);
}

static bool chosen_has(const char *const *chosen, size_t n, const char *value)
{
    for (size_t i = 0; i < n; i++)
        if (text_eq(value, chosen[i]))
            return true;
    return false;
}

/* What is chosen already and is not among the candidates shown stays. */
static void chosen_keep(struct ctl *k, const struct field *f, struct ui_opt *opt, size_t *n, const char *const *chosen, size_t chosen_n)
{
    for (size_t j = 0; j < chosen_n; j++) {
        bool seen = chosen[j] == NULL || chosen[j][0] == '\0';
        for (size_t i = 0; i < *n && !seen; i++)
            seen = text_eq(opt[i].value, chosen[j]);
        if (!seen)
            opt[(*n)++] = (struct ui_opt){chosen[j], shown(k->mem, f, chosen[j], k->env), true};
    }
}

static void ref_select(struct ctl *k, const struct field *f, const char *name, const struct ui_row *row, bool many, const char *const *chosen, size_t chosen_n)
{
    const char *word = k->env->word ? k->env->word(k->env->ctx, name) : NULL;
    candidates(k, f);
    const struct form_opt *o = k->opt;
    size_t n = k->opt_n;
    bool find = n > OPTIONS_MAX;
    if (find && word != NULL) {
        struct form_opt *found = mem_array(k->mem, struct form_opt, FOUND_MAX);
        n = k->env->ref_options(k->env->ctx, f, word, found, FOUND_MAX);
        o = found;
    } else if (find) {
        n = many ? TICKS_MAX : FOUND_MAX;
    }
    struct ui_opt *opt = mem_array(k->mem, struct ui_opt, n + chosen_n + 1);
    bool none = chosen_n == 0 || chosen[0] == NULL || chosen[0][0] == '\0';
    for (size_t i = 0; i < n; i++) {
        opt[i].value = mem_fmt(k->mem, "%lld", (long long)o[i].id);
        opt[i].label = o[i].label;
        opt[i].on = chosen_has(chosen, chosen_n, opt[i].value) || (find && word != NULL && n == 1 && none);      /* the only one that fits */
    }
    if (find)
        finder(k, name, word, n, row);
    chosen_keep(k, f, opt, &n, chosen, chosen_n);
    if (many)
        ui_checks(k->h, "checkbox", name, opt, n, row);
    else
        ui_select(k->h, name, opt, n, true, row);
}

static void choice_control(struct ctl *k, const struct field *f, const char *name, const char *const *value, size_t value_n, const struct ui_row *row)
{
    size_t n = f->of ? f->of->n : 0;
    struct ui_opt *opt = mem_array(k->mem, struct ui_opt, n + 1);
    for (size_t i = 0; i < n; i++) {
        opt[i] = (struct ui_opt){f->of->opt[i].id, pick_lang(k->env->lang, f->of->opt[i].label, f->of->opt[i].label_en), false};
        for (size_t j = 0; j < value_n; j++)
            opt[i].on = opt[i].on || text_eq(opt[i].value, value[j]);
    }
    if (f->type == FT_MULTI)
        ui_checks(k->h, "checkbox", name, opt, n, row);
    else
        ui_select(k->h, name, opt, n, true, row);
}

/* As a date-and-time control wants it: local, "2026-06-01T09:00"; what was typed and could not be read stays as it is. */
static const char *typed_form(TALLOC_CTX *mem, const char *v)
{
    int64_t us;
    char *local;
    if (v == NULL || !str_to_i64(str_of(v), &us) || us < INT64_C(1000000000000))
        return v;
    local = time_local(mem, us);
    if (strlen(local) > 10 && local[10] == ' ')
        local[10] = 'T';
    return local;
}

/* A new signature is a tick; what is signed is shown and sent again as it stands. */
static void sign_control(struct ctl *k, const struct field *f, const char *name, const char *value, const struct ui_row *row)
{
    bool ticked = text_eq(value, "1");
    const struct ui_opt sign = {"1", msg_text(k->env->lang, MSG("value.sign-here")), ticked};
    if (value == NULL || value[0] == '\0' || ticked) {
        ui_checks(k->h, "checkbox", name, &sign, 1, row);
        return;
    }
    html_el(k->h, E_P, shown(k->mem, f, value, k->env));
    html_open(k->h, E_INPUT);
    html_attr(k->h, A_TYPE, "hidden");
    html_attr(k->h, A_NAME, name);
    html_attr(k->h, A_VALUE, value);
    html_close(k->h, E_INPUT);
}

/* What was chosen under another regulation's name of the post stays as it is; so does what the set does not have any more. */
static void role_control(struct ctl *k, const char *name, const char *value, const struct ui_row *row)
{
    const size_t n = k->env->role_n;
    struct ui_opt *opt = mem_array(k->mem, struct ui_opt, n + 2);
    bool found = value == NULL || value[0] == '\0';
    const char *base = found ? NULL : k->env->role_base(k->env->ctx, value);
    for (size_t i = 0; i < n; i++) {
        opt[i] = k->env->role[i];
        opt[i].on = base != NULL && text_eq(opt[i].value, base);
        opt[i].value = opt[i].on ? value : opt[i].value;
        found = found || opt[i].on;
    }
    if (!found)
        opt[n] = (struct ui_opt){value, k->env->role_name(k->env->ctx, value), true};
    ui_select(k->h, name, opt, n + !found, true, row);
}

static void one_control(struct ctl *k, const struct field *f, const char *name, const char *value, const struct ui_row *row)
{
    static const struct ui_opt yes_no[] = {{"1", NULL, false}, {"0", NULL, false}};
    struct ui_opt opt[2] = {yes_no[0], yes_no[1]};
    switch (f->type) {
    case FT_LONGTEXT: ui_textarea(k->h, name, value, row); return;
    case FT_CHOICE: choice_control(k, f, name, &value, value != NULL, row); return;
    case FT_REF: case FT_PERSON: case FT_DEPARTMENT: ref_select(k, f, name, row, false, &value, 1); return;
    case FT_BOOL:
        for (int i = 0; i < 2; i++) {
            opt[i].label = msg_text(k->env->lang, i == 0 ? MSG("value.yes") : MSG("value.no"));
            opt[i].on = text_eq(opt[i].value, value);
        }
        ui_select(k->h, name, opt, 2, true, row);
        return;
    case FT_SIGN: sign_control(k, f, name, value, row); return;
    case FT_ROLE:
        if (k->env->role_n > 0)
            role_control(k, name, value, row);
        else
            ui_input(k->h, "text", name, value, row);
        return;
    case FT_DATE: ui_input(k->h, "date", name, value, row); return;
    case FT_DATETIME: ui_input(k->h, "datetime-local", name, typed_form(k->mem, value), row); return;
    case FT_TEXT: case FT_INT: case FT_NUMBER: case FT_MONEY: case FT_MONTH: case FT_DURATION: case FT_MULTI: case FT_FILE: case FT_TABLE: case FT__N:
        ui_input(k->h, "text", name, value, row);
    }
}

static void list_control(struct ctl *k, const struct field *f, const struct ui_row *row)
{
    size_t n = content_rows(k->c, f->path);
    const char **chosen = mem_array(k->mem, const char *, n + 1);
    char *name = mem_fmt(k->mem, "%s.%s[]", prefix_of(k->env), f->path);
    for (size_t i = 0; i < n; i++)
        chosen[i] = content_get(k->c, mem_fmt(k->mem, "%s[%zu]", f->path, i));
    if (f->type == FT_MULTI)
        choice_control(k, f, name, chosen, n, row);
    else if (value_is_ref(f))
        ref_select(k, f, name, row, true, chosen, n);
    else
        ui_input(k->h, "text", name, n > 0 ? chosen[0] : NULL, row);
}

static void table_cell(struct ctl *k, const struct field *f, size_t r, const struct field *col)
{
    char *path = mem_fmt(k->mem, "%s[%zu].%s", f->path, r, col->id);
    struct ui_row row = {.id = dom_id(k->mem, k->env, path), .label = mem_fmt(k->mem, "%s %zu", label_of(col, k->env), r + 1), .error = trouble_of(k->mem, k->f, k->troubles, path, k->env->lang)};
    html_open(k->h, E_TD);
    ui_row_open(k->h, &row);
    one_control(k, col, mem_fmt(k->mem, "%s.%s", prefix_of(k->env), path), content_get(k->c, path), &row);
    ui_row_close(k->h, &row);
    html_close(k->h, E_TD);
}

static void table_control(struct ctl *k, const struct field *f)
{
    size_t rows = content_rows(k->c, f->path) + SPARE_ROWS;
    const char **labels = mem_array(k->mem, const char *, f->cols_n + 1);
    for (size_t i = 0; i < f->cols_n; i++)
        labels[i] = label_of(&f->cols[i], k->env);
    html_open(k->h, E_DIV);
    html_attr(k->h, A_ID, dom_id(k->mem, k->env, f->path));
    html_open(k->h, E_P);
    html_class(k->h, "table-label");
    html_text(k->h, label_of(f, k->env));
    if (f->required) {
        html_text(k->h, " ");
        html_open(k->h, E_SPAN);
        html_class(k->h, "must");
        html_msg(k->h, MSG("ui.required"));
        html_close(k->h, E_SPAN);
    }
    html_close(k->h, E_P);
    const char *help = pick_lang(k->env->lang, f->help, f->help_en);
    if (help != NULL) {
        html_open(k->h, E_P);
        html_class(k->h, "help");
        html_text(k->h, help);
        html_close(k->h, E_P);
    }
    ui_table_open(k->h, label_of(f, k->env));
    ui_table_head(k->h, labels, f->cols_n);
    for (size_t r = 0; r < rows; r++) {
        html_open(k->h, E_TR);
        for (size_t i = 0; i < f->cols_n; i++)
            table_cell(k, f, r, &f->cols[i]);
        html_close(k->h, E_TR);
    }
    ui_table_close(k->h);
    const char *why = trouble_of(k->mem, k->f, k->troubles, f->path, k->env->lang);
    if (why != NULL) {
        html_open(k->h, E_P);
        html_class(k->h, "error");
        html_text(k->h, why);
        html_close(k->h, E_P);
    }
    html_close(k->h, E_DIV);
}

static bool chosen_file(struct ctl *k, const struct field *f, const char *id)
{
    if (!field_is_child(f))
        return text_eq(content_get(k->c, f->path), id);
    for (size_t i = 0; i < content_rows(k->c, f->path); i++)
        if (text_eq(content_get(k->c, mem_fmt(k->mem, "%s[%zu]", f->path, i)), id))
            return true;
    return false;
}

/* A new file, or one that is attached to the record already. */
static void file_control(struct ctl *k, const struct field *f, const struct ui_row *row)
{
    struct ui_opt *opt = mem_array(k->mem, struct ui_opt, k->env->file_n + 1);
    const struct ui_row old = {.id = mem_fmt(k->mem, "%s-attached", row->id), .label = msg_text(k->env->lang, MSG("form.attached"))};
    ui_input(k->h, "file", mem_fmt(k->mem, "u.%s", f->path), NULL, row);
    for (size_t i = 0; i < k->env->file_n; i++) {
        opt[i].value = mem_fmt(k->mem, "%lld", (long long)k->env->file[i].id);
        opt[i].label = k->env->file[i].label;
        opt[i].on = chosen_file(k, f, opt[i].value);
    }
    if (k->env->file_n == 0)
        return;
    html_open(k->h, E_LABEL);
    html_class(k->h, "attached");
    html_attr(k->h, A_FOR, old.id);
    html_attr(k->h, A_ID, mem_fmt(k->mem, "%s-label", old.id));
    html_text(k->h, old.label);
    html_close(k->h, E_LABEL);
    if (field_is_child(f))
        ui_checks(k->h, "checkbox", mem_fmt(k->mem, "%s.%s[]", prefix_of(k->env), f->path), opt, k->env->file_n, &old);
    else
        ui_select(k->h, mem_fmt(k->mem, "%s.%s", prefix_of(k->env), f->path), opt, k->env->file_n, true, &old);
}

bool form_asks_files(const struct form *f, const char *const *stages)
{
    for (size_t i = 0; i < f->field_n; i++)
        if (f->field[i].type == FT_FILE && stage_in(&f->field[i], stages))
            return true;
    return false;
}

static void field_control(struct ctl *k, const struct field *f)
{
    struct ui_row row = {.id = dom_id(k->mem, k->env, f->path), .label = label_of(f, k->env), .help = pick_lang(k->env->lang, f->help, f->help_en), .error = trouble_of(k->mem, k->f, k->troubles, f->path, k->env->lang), .required = f->required};
    if (f->type == FT_TABLE) {
        table_control(k, f);
        return;
    }
    ui_row_open(k->h, &row);
    if (f->type == FT_FILE)
        file_control(k, f, &row);
    else if (f->value != NULL)
        html_text(k->h, shown(k->mem, f, content_get(k->c, f->path), k->env));
    else if (field_is_child(f))
        list_control(k, f, &row);
    else
        one_control(k, f, mem_fmt(k->mem, "%s.%s", prefix_of(k->env), f->path), content_get(k->c, f->path), &row);
    ui_row_close(k->h, &row);
}

void form_edit(struct html *h, const struct form *f, const struct content *c, const char *const *stages, const struct trouble_vec *troubles, const struct form_env *env)
{
    MEM_SCOPE(mem, NULL);
    struct ctl k = {.h = h, .f = f, .mem = mem, .c = c, .troubles = troubles, .env = env};
    const char *group = NULL;
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (!stage_in(fd, stages) || fd->value != NULL)
            continue;
        if (fd->group != NULL && !text_eq(fd->group, group)) {
            ui_heading(h, 2, fd->group);
            group = fd->group;
        }
        field_control(&k, fd);
    }
}

size_t form_problem_list(TALLOC_CTX *mem, const struct form *f, const struct trouble_vec *troubles, const struct form_env *env, struct ui_problem *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < troubles->n; i++) {
        const struct trouble *t = &troubles->v[i];
        const char *text = trouble_text(mem, f, t, env->lang);
        if (said(troubles, i))
            continue;
        if (t->article != NULL)
            text = mem_fmt(mem, "%s(%s)", text, t->article);
        ret[n++] = (struct ui_problem){t->path ? dom_id(mem, env, t->path) : NULL, text};
    }
    return n;
}

void form_problems(struct html *h, const struct form *f, const struct trouble_vec *troubles)
{
    MEM_SCOPE(mem, NULL);
    const struct form_env env = {.lang = html_lang(h)};
    struct ui_problem *p = mem_array(mem, struct ui_problem, troubles->n + 1);
    size_t n = form_problem_list(mem, f, troubles, &env, p);
    if (n > 0)
        ui_problems(h, p, n);
}
