/* The table of the screens' routes: one declaration for matching, links, the permission test and the documentation. */
#include <assert.h>
#include "page/page_int.h"

const struct route page_routes[] = {
    {{"/"}, METHOD_GET, NEED_SESSION, page_home, "home", "ホーム", 0},
    {{"/login"}, METHOD_GET, NEED_NOTHING, page_login, "login", "sign-in", 0},
    {{"/login"}, METHOD_POST, NEED_NOTHING, page_login_post, "login.post", "sign in", 8192},
    {{"/login/code"}, METHOD_GET, NEED_NOTHING, page_login_code, "login.code", "the code of the second factor", 0},
    {{"/login/code"}, METHOD_POST, NEED_NOTHING, page_login_code_post, "login.code.post", "sign in with the code", 4096},
    {{"/login/org"}, METHOD_GET, NEED_NOTHING, page_oidc_go, "login.org", "to the provider of the organisation's accounts; ?proof=1: to be asked again", 0},
    {{"/login/org/back"}, METHOD_GET, NEED_NOTHING, page_oidc_back, "login.org.back", "back from it (OIDC_BACK_PATH)", 0},
    {{"/logout"}, METHOD_POST, NEED_SESSION, page_logout_post, "logout.post", "sign out", 4096},
    {{"/password"}, METHOD_GET, NEED_SESSION, page_password, "password", "change password", 0},
    {{"/password"}, METHOD_POST, NEED_SESSION, page_password_post, "password.post", "change password", 8192},
    {{"/language"}, METHOD_POST, NEED_NOTHING, page_language_post, "language.post", "switch language", 4096},
    {{"/setup"}, METHOD_GET, NEED_NOTHING, page_setup, "setup", "first hour", 0},
    {{"/setup"}, METHOD_POST, NEED_NOTHING, page_setup_post, "setup.post", "first hour", 16 << 20},
    {{"/registers"}, METHOD_GET, NEED_SESSION, page_rooms, "registers", "台帳", 0},
    {{"/rooms/{s}"}, METHOD_GET, NEED_SESSION, page_rooms, "rooms", "forms of one kind of work", 0},
    {{"/f/{s}"}, METHOD_GET, NEED_SESSION, page_list, "list", "records of a form", 0},
    {{"/f/{s}/csv"}, METHOD_GET, NEED_SESSION, page_csv, "csv", "records of a form as CSV", 0},
    {{"/f/{s}/new"}, METHOD_GET, NEED_SESSION, page_new, "new", "make a record", 0},
    {{"/f/{s}/new"}, METHOD_POST, NEED_SESSION, page_new_post, "new.post", "make a record", 52 << 20},
    {{"/f/{s}/add"}, METHOD_GET, NEED_SESSION, page_log_add, "log.add", "add rows to a log", 0},
    {{"/f/{s}/add"}, METHOD_POST, NEED_SESSION, page_log_add_post, "log.add.post", "add rows to a log", 2 << 20},
    {{"/r/{i}/correct"}, METHOD_GET, NEED_SESSION, page_log_correct, "log.correct", "correct a row of a log", 0},
    {{"/r/{i}/correct"}, METHOD_POST, NEED_SESSION, page_log_correct_post, "log.correct.post", "correct a row of a log", 2 << 20},
    {{"/f/{s}/import"}, METHOD_GET, NEED_SESSION, page_import, "import", "import from CSV", 0},
    {{"/f/{s}/import"}, METHOD_POST, NEED_SESSION, page_import_post, "import.post", "import from CSV", 24 << 20},
    {{"/f/{s}/import/template"}, METHOD_GET, NEED_SESSION, page_import_template, "import.template", "an empty CSV with the headings of a register", 0},
    {{"/r/{i}"}, METHOD_GET, NEED_SESSION, page_record, "record", "a record", 0},
    {{"/r/{i}/edit"}, METHOD_GET, NEED_SESSION, page_edit, "edit", "change a record", 0},
    {{"/r/{i}/edit"}, METHOD_POST, NEED_SESSION, page_edit_post, "edit.post", "change a record", 52 << 20},
    {{"/r/{i}/act"}, METHOD_POST, NEED_SESSION, page_act_post, "act.post", "submit, approve, return, ...", 52 << 20},
    {{"/r/{i}/history"}, METHOD_GET, NEED_SESSION, page_history, "history", "revisions and acts", 0},
    {{"/r/{i}/sight"}, METHOD_GET, NEED_SESSION, page_past_sight, "past.sight", "who could see a record on a day", 0},
    {{"/r/{i}/attach"}, METHOD_POST, NEED_SESSION, page_attach_post, "attach.post", "attach a file", 52 << 20},
    {{"/r/{i}/print"}, METHOD_GET, NEED_SESSION, page_print, "print", "print view", 0},
    {{"/attachment/{i}"}, METHOD_GET, NEED_SESSION, page_attachment, "attachment", "a file", 0},
    {{"/receipt/{i}"}, METHOD_GET, NEED_SESSION, page_receipt, "receipt", "receipt of a ledger entry", 0},
    {{"/conformity"}, METHOD_GET, NEED_SESSION, page_conform, "conformity", "適合状況", 0},
    {{"/conformity/by"}, METHOD_GET, NEED_SESSION, page_conform_by, "conformity.by", "適合状況のまとめ: by chapter, department, person", 0},
    {{"/conformity/{s}/days"}, METHOD_GET, NEED_SESSION, page_conform_days, "conformity.days", "a regulation's articles day by day", 0},
    {{"/conformity/{s}/days/{s}"}, METHOD_GET, NEED_SESSION, page_conform_article, "conformity.article", "an article day by day", 0},
    {{"/regulation/{s}"}, METHOD_GET, NEED_SESSION, page_regulation, "regulation", "the whole regulation with live state", 0},
    {{"/regulation/{s}/{s}"}, METHOD_GET, NEED_SESSION, page_article, "article", "an article with live state", 0},
    {{"/ledger"}, METHOD_GET, NEED_SESSION, page_ledger, "ledger", "ledger and verification", 0},
    {{"/settings"}, METHOD_GET, NEED_SESSION, page_settings, "settings", "設定", 0},
    {{"/settings"}, METHOD_POST, NEED_SESSION, page_settings_post, "settings.post", "adopt anew, return to an earlier set", 8192},
    {{"/settings/adopt"}, METHOD_GET, NEED_SESSION, page_adopt, "adopt", "regulations that can be adopted", 0},
    {{"/settings/adopt"}, METHOD_POST, NEED_SESSION, page_adopt_post, "adopt.post", "adopt one more regulation", 8192},
    {{"/settings/words/{s}"}, METHOD_GET, NEED_SESSION, page_words, "words", "words and alternatives of a regulation", 0},
    {{"/settings/words/{s}"}, METHOD_POST, NEED_SESSION, page_words_post, "words.post", "change words and alternatives", 1 << 20},
    {{"/settings/coverage/{s}"}, METHOD_GET, NEED_SESSION, page_coverage, "coverage", "what carries each duty", 0},
    {{"/settings/roles"}, METHOD_GET, NEED_SESSION, page_past_roles, "past.roles", "who held the roles on a day", 0},
    {{"/settings/chart"}, METHOD_GET, NEED_SESSION, page_past_chart, "past.chart", "体制図 of a day", 0},
    {{"/settings/permissions"}, METHOD_GET, NEED_SESSION, page_permissions, "permissions", "権限の一覧: what a role may", 0},
    {{"/people"}, METHOD_GET, NEED_SESSION, page_people, "people", "sign-ins of people", 0},
    {{"/people/{i}"}, METHOD_POST, NEED_SESSION, page_people_post, "people.post", "first password, disable", 4096},
    {{"/account"}, METHOD_GET, NEED_SESSION, page_account, "account", "one's own sign-in", 0},
    {{"/account"}, METHOD_POST, NEED_SESSION, page_account_post, "account.post", "end one's sessions", 4096},
    {{"/account/factor"}, METHOD_GET, NEED_SESSION, page_factor, "factor", "one's second factor", 0},
    {{"/account/factor"}, METHOD_POST, NEED_SESSION, page_factor_post, "factor.post", "begin or end it, new recovery codes", 4096},
    {{"/account/token"}, METHOD_GET, NEED_SESSION, page_token, "token", "one's tokens for other programs", 0},
    {{"/account/token"}, METHOD_POST, NEED_SESSION, page_token_post, "token.post", "make or end a token", 4096},
    {{"/proof"}, METHOD_POST, NEED_SESSION, page_proof_post, "proof.post", "a proof before an export", 16384},
    {{"/people/{i}/account"}, METHOD_GET, NEED_SESSION, page_account, "person.account", "where somebody is signed in", 0},
    {{"/people/{i}/account"}, METHOD_POST, NEED_SESSION, page_account_post, "person.account.post", "end somebody's sessions", 4096},
    {{"/accounts/{i}"}, METHOD_GET, NEED_SESSION, page_accounts, "accounts", "the accounts of a system, and what is wrong with them", 0},
    {{"/accounts/{i}"}, METHOD_POST, NEED_SESSION, page_accounts_post, "accounts.post", "look a list of accounts over, take it in", 26 << 20},
    {{"/accounts/{i}/person"}, METHOD_POST, NEED_SESSION, page_accounts_person, "accounts.person", "whose account it is", 4096},
    {{"/notices"}, METHOD_GET, NEED_SESSION, page_notices, "notices", "お知らせ", 0},
    {{"/notices"}, METHOD_POST, NEED_SESSION, page_notices_post, "notices.post", "a notice was read", 4096},
    {{"/task/{i}"}, METHOD_POST, NEED_SESSION, page_task_post, "task.post", "a task is done", 16384},
};
const size_t page_routes_n = ARRAY_N(page_routes);

const struct route_path *page_path(const char *name)
{
    for (size_t i = 0; i < page_routes_n; i++)
        if (strcmp(page_routes[i].name, name) == 0)
            return &page_routes[i].path;
    assert(!"a route of this name");                 /* names are written in our own code only */
    return &page_routes[0].path;
}

void page_link_(struct html *h, const char *key, const char *route, const struct url_arg *arg, size_t n)
{
    html_open(h, E_A);
    html_href_(h, page_path(route), arg, n);
    html_msg(h, key);
    html_close(h, E_A);
}
