/* Acts on records: create, set, fill, submit, approve, return, ... Each is one command of the API, sent as the person of `as`. */
#include "scene/scene.h"

bool args_end(const struct args *a)
{
    return a->i >= a->w->n || (!a->w->v[a->i].quoted && (strcmp(a->w->v[a->i].raw, "->") == 0 || strcmp(a->w->v[a->i].raw, "!") == 0));
}

const struct word *args_next(struct args *a) { return args_end(a) ? NULL : &a->w->v[a->i++]; }

bool args_take(struct args *a, const char *word)
{
    if (args_end(a) || strcmp(a->w->v[a->i].raw, word) != 0)
        return false;
    a->i++;
    return true;
}

static bool name_like(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || strchr("_.[]-", s[i]) != NULL))
            return false;
    return n > 0;
}

/* [a, b] without quotes around it is a list, null is nothing; everything else is what a person would type. */
static void value_set(struct run *r, struct json *values, const char *key, const struct word *w, const char *text)
{
    const char *raw = strchr(w->raw, '=') + 1;
    size_t n = strlen(text);
    if (strcmp(raw, "null") == 0) {
        json_set_null(values, key);
    } else if (raw[0] == '[' && n > 1 && text[n - 1] == ']') {
        struct str rest = {text + 1, n - 2}, part;
        struct json *arr = json_set_arr(values, key);
        while (str_next(&rest, ',', &part))
            if (str_trim(part).n > 0)
                json_add_str(arr, str_dup(r->step, str_trim(part)));
    } else {
        json_set_str(values, key, text);
    }
}

static void option_set(struct run *r, struct json *args, const char *key, const char *text)
{
    int64_t n;
    (void)r;
    if (str_to_i64(str_of(text), &n))
        json_set_i64(args, key, n);
    else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        json_set_bool(args, key, text[0] == 't');
    else
        json_set_str(args, key, text);
}

bool args_fields(struct args *a, struct json *args, struct json *values, const char **ret_ikey, struct words *bare)
{
    const struct word *w;
    while ((w = args_next(a)) != NULL) {
        const char *text = filled(a->r, w->text), *eq = strchr(w->text, '='), *colon = strchr(w->text, ':');
        if (!w->quoted && eq != NULL && values != NULL && name_like(w->text, (size_t)(eq - w->text))) {
            value_set(a->r, values, mem_strndup(a->r->step, w->text, (size_t)(eq - w->text)), w, strchr(text, '=') + 1);
        } else if (!w->quoted && colon != NULL && name_like(w->text, (size_t)(colon - w->text))) {
            char *key = mem_strndup(a->r->step, w->text, (size_t)(colon - w->text));
            if (strcmp(key, "key") == 0 && ret_ikey != NULL)
                *ret_ikey = strchr(text, ':') + 1;
            else
                option_set(a->r, args, key, strchr(text, ':') + 1);
        } else if (w->quoted && bare == NULL) {
            json_set_str(args, "comment", text);
        } else if (bare != NULL) {
            struct word *n = vec_push(bare);
            *n = *w;
            n->text = mem_strdup(a->r->step, text);
        } else {
            return run_bad(a->r, mem_fmt(a->r->step, "%s is no field=value, no option:value and no \"comment\"", w->raw));
        }
    }
    return true;
}

/* ---- what the words of an act mean ---- */

static bool create_command(struct run *r, struct args *a, struct json *args, const char **ret_ikey)
{
    const struct word *form = args_next(a);
    if (form == NULL)
        return run_bad(r, "create FORM field=value...");
    json_set_str(args, "form", form->text);
    return args_fields(a, args, json_set_obj(args, "values"), ret_ikey, NULL);
}

static bool erase_command(struct run *r, struct args *a, struct json *args, const char **ret_ikey)
{
    struct words paths = VEC_INIT(r->step);
    if (!args_fields(a, args, NULL, ret_ikey, &paths))
        return false;
    struct json *arr = json_set_arr(args, "paths");
    for (size_t i = 0; i < paths.n; i++)
        json_add_str(arr, paths.v[i].text);
    return json_n(arr) > 0 ? true : run_bad(r, "erase VAR FIELD... ground:\"...\"");
}

static const struct { const char *verb, *command; } acts[] = {
    {"create", "record.create"}, {"set", "record.save"}, {"fill", "record.fill"}, {"submit", "record.submit"}, {"approve", "record.approve"},
    {"return", "record.return"}, {"reject", "record.reject"}, {"withdraw", "record.withdraw"}, {"close", "record.close"}, {"void", "record.void"},
    {"ahead", "record.ahead"}, {"countersign", "record.countersign"}, {"letter", "record.letter"}, {"erase", "record.erase"}, {"log", "log.add"}, {"correct", "log.correct"},
};

static const char *act_name(const char *verb)
{
    for (size_t i = 0; i < ARRAY_N(acts); i++)
        if (strcmp(acts[i].verb, verb) == 0)
            return acts[i].command;
    return NULL;
}

/* `command NAME field=value option:value`: any row of the table of commands; field=value go into `values`. */
static bool any_command(struct run *r, struct args *a, struct json *args, const char **ret_name, const char **ret_ikey)
{
    const struct word *name = args_next(a);
    struct json *values = json_obj(r->step);
    if (name == NULL)
        return run_bad(r, "command NAME ...");
    *ret_name = name->text;
    if (!args_fields(a, args, values, ret_ikey, NULL))
        return false;
    if (json_n(values) > 0)
        json_set(args, "values", values);
    return true;
}

bool act_command(struct run *r, struct args *a, const char *verb, const char **ret_name, struct json **ret_args, const char **ret_ikey)
{
    struct json *args = json_obj(r->step), *values = json_obj(r->step);
    *ret_args = args;
    *ret_ikey = NULL;
    *ret_name = act_name(verb);
    if (strcmp(verb, "command") == 0)
        return any_command(r, a, args, ret_name, ret_ikey);
    if (*ret_name == NULL)
        return run_bad(r, mem_fmt(r->step, "%s is no act", verb));
    if (strcmp(verb, "create") == 0 || strcmp(verb, "log") == 0)
        return create_command(r, a, args, ret_ikey);
    int64_t id = args_record(a);
    if (id == 0)
        return false;
    json_set_i64(args, "record", id);
    if (strcmp(verb, "erase") == 0)
        return erase_command(r, a, args, ret_ikey);
    if (!args_fields(a, args, values, ret_ikey, NULL))
        return false;
    if (json_n(values) > 0)
        json_set(args, "values", values);
    return true;
}

static bool verb_act(struct run *r, struct args *a, const char *verb)
{
    const char *name, *ikey;
    struct json *args;
    if (!act_command(r, a, verb, &name, &args, &ikey) || !command(r, name, args, ikey))
        return false;
    int64_t id = json_get_i64(r->last.json, "record", 0);
    return r->expect_refusal != NULL || id == 0 ? true : keep_var(r, id);
}

static bool verb_as(struct run *r, struct args *a, const char *verb)
{
    const char *who = args_who(a);
    (void)verb;
    if (who == NULL)
        return false;
    r->who = mem_strdup(r->mem, who);
    return true;
}

/* done NAME of VAR "what was done": the person's own open task. */
static bool verb_done(struct run *r, struct args *a, const char *verb)
{
    const struct word *name = args_next(a);
    struct json *args = json_obj(r->step);
    struct reply p;
    int64_t of = 0, task = 0;
    (void)verb;
    if (name == NULL)
        return run_bad(r, "done TASK [of VAR] \"note\"");
    if (args_take(a, "of") && (of = args_record(a)) == 0)
        return false;
    if (!args_fields(a, args, NULL, NULL, NULL) || !ask_get(r, r->who, of ? mem_fmt(r->step, "/api/v1/records/%lld", (long long)of) : "/api/v1/desk", &p))
        return false;
    const struct json *tasks = json_get(p.json, "tasks");
    for (size_t i = 0; i < json_n(tasks); i++) {
        const struct json *t = json_at(tasks, i);
        const char *n = json_get_str(t, "name"), *colon = n ? strrchr(n, ':') : NULL;
        if (text_eq(json_get_str(t, "state"), "open") && (text_eq(n, name->text) || (colon != NULL && strcmp(colon + 1, name->text) == 0)))
            task = task ? task : json_get_i64(t, "task", 0);
    }
    if (task == 0)
        return run_fail(r, mem_fmt(r->step, "an open task %s", name->text), reply_text(r->step, &p));
    json_set_i64(args, "task", task);
    return command(r, "task.done", args, NULL);
}

/* settings sme.takeout_max_days=5: figures, words and alternatives; for the administrator. */
static bool verb_settings(struct run *r, struct args *a, const char *verb)
{
    struct json *args = json_obj(r->step);
    const char *ikey = NULL;
    (void)verb;
    return args_fields(a, args, json_set_obj(args, "settings"), &ikey, NULL) && command(r, "set.settings", args, ikey);
}

const struct verb verbs_acts[] = {
    {"as", verb_as}, {"create", verb_act}, {"set", verb_act}, {"fill", verb_act}, {"submit", verb_act}, {"approve", verb_act}, {"return", verb_act},
    {"reject", verb_act}, {"withdraw", verb_act}, {"close", verb_act}, {"void", verb_act}, {"ahead", verb_act}, {"countersign", verb_act},
    {"letter", verb_act}, {"erase", verb_act}, {"command", verb_act}, {"log", verb_act}, {"correct", verb_act}, {"done", verb_done}, {"settings", verb_settings}, {"expect", expect_run},
    {"parallel", parallel_run}, {NULL, NULL},
};
