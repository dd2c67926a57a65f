/* What a browser calls itself, as words that people know ("Windows / Chrome"): enough to tell one's own devices apart. The text itself is
 * not kept: it says more about somebody's machine than this house needs. */
#include "core/core_int.h"

struct mark { const char *part, *name; };

/* The first that fits: browsers name those they descend from as well. */
static const char *first(const char *agent, const struct mark *mark, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(agent, mark[i].part) != NULL)
            return mark[i].name;
    return NULL;
}

const char *device_name(TALLOC_CTX *mem, const char *agent)
{
    static const struct mark systems[] = {{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
                                          {"Macintosh", "Mac"}, {"Linux", "Linux"}};
    static const struct mark browsers[] = {{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
                                           {"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}};
    if (agent == NULL)
        return NULL;
    const char *s = first(agent, systems, ARRAY_N(systems)), *b = first(agent, browsers, ARRAY_N(browsers));
    return s != NULL && b != NULL ? mem_fmt(mem, "%s / %s", s, b) : s != NULL ? s : b;
}
