/* Words that a password must not lean on: one's own names in every writing, the organisation's, this program's, and words of any dictionary of
 * guesses. Guessers try them with digits and signs around and instead of letters: so does this. */
#include <string.h>
#include "core/core_int.h"

/* What guessers try first, without digits and signs: those stand around them. At least five letters: shorter ones are in everything. */
static const char *const common[] = {
    "aaaaa", "abcde", "abcdef", "access", "account", "admin", "administrator", "aikotoba", "akachan", "alexander", "amanda", "amazon", "america", "andrea", "andrew", "android", "angel", "animal",
    "anthony", "anshou", "apple", "april", "arashi", "arigato", "arigatou", "asdfg", "asdfgh", "asdfghjkl", "ashley", "asuka", "august", "autumn", "azerty", "bailey", "banana", "bandai", "barcelona", "baseball",
    "basketball", "batman", "beautiful", "benjamin", "bismillah", "blackberry", "blink", "boomer", "brandon", "buster", "butterfly", "canada", "changeme", "charlie", "cheese", "chelsea", "chicken", "chocolate",
    "computer", "cookie", "corvette", "daicho", "dallas", "daniel", "daruma", "december", "default", "densha", "doraemon", "doubutsu", "dragon", "eagles", "elizabeth", "family", "february", "ferrari", "flower",
    "football", "forever", "freedom", "friday", "friend", "friends", "fujisan", "furusato", "fuyumi", "gakkou", "george", "ginger", "golden", "goldfish", "google", "gundam", "guest", "hajimemashite", "hamster",
    "hanako", "hannah", "haruka", "heather", "hello", "hikari", "himawari", "himitsu", "hirano", "hiroshi", "hockey", "hokkaido", "honda", "hunter", "iceman", "ichiban", "ichigo", "iloveyou", "internet", "inukoro",
    "james", "january", "japan", "jasmine", "jennifer", "jessica", "jessie", "johnny", "jordan", "joseph", "joshua", "julyjuly", "justin", "kaisha", "kamisama", "kawaii", "kazoku", "keiri", "kenji", "killer",
    "kimochi", "kokoro", "konbini", "konnichiha", "konnichiwa", "kyouto", "kyoto", "lakers", "letmein", "liverpool", "login", "london", "lovely", "lovelove", "loveme", "maggie", "manager", "mariko", "marina",
    "martin", "master", "matrix", "matthew", "maverick", "melissa", "mercedes", "merlin", "michael", "michelle", "mickey", "minami", "monday", "money", "monkey", "monster", "morning", "mustang", "nagoya", "naruto",
    "natsumi", "nekochan", "nicole", "nihon", "ninja", "nintendo", "nippon", "november", "october", "office", "officer", "okinawa", "onegai", "oosaka", "orange", "osaka", "pakistan", "passw", "passwd", "password",
    "pasuwado", "patrick", "peanut", "pepper", "phoenix", "pikachu", "pokemon", "porsche", "princess", "private", "purple", "qazwsx", "qwert", "qwerty", "qwertyuiop", "rachel", "ranger", "robert", "rakuten", "samantha",
    "sample", "samsung", "samurai", "sakura", "sapporo", "saturday", "scooter", "secret", "security", "sendai", "sensei", "september", "server", "shadow", "shinkansen", "shiroi", "sierra", "silver", "slipknot",
    "snoopy", "soccer", "softbank", "soumu", "spider", "spring", "starwars", "steelers", "steven", "summer", "sunday", "sunshine", "superman", "support", "suzuki", "system", "taiyou", "takahashi", "tanaka", "taylor",
    "teacher", "tencho", "tennis", "testing", "thomas", "thunder", "thursday", "tigger", "tokyo", "tomodachi", "toukyou", "toyota", "trustno", "tsubasa", "tuesday", "unknown", "usagi", "vegeta", "victoria", "warrior",
    "watashi", "wednesday", "welcome", "whatever", "william", "windows", "winner", "winter", "yamada", "yamamoto", "yankees", "yellow", "yokohama", "yuuki", "zenbu", "zxcvb", "zxcvbn", "zxcvbnm"};

#define OWN_MIN 3             /* letters of a name that count as one: 林 in romaji is longer, 李 is not looked for */
#define BESIDE 4              /* letters beside a common word that make it another's secret */

static bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

/* Letters in place of the signs that stand for them; 1 is an i or an l. */
static char *plain(TALLOC_CTX *mem, const char *password, char one)
{
    static const char from[] = "034578@$!|+", to[] = "oeastbasilt";
    char *p = mem_strdup(mem, text_fold(mem, password));
    for (char *c = p; *c != '\0'; c++) {
        const char *at = strchr(from, *c);
        if (*c == '1' || at != NULL)
            *c = *c == '1' ? one : to[at - from];
    }
    return p;
}

static size_t letters_n(const char *s)
{
    size_t n = 0;
    for (; *s != '\0'; s++)
        n += is_letter(*s) || ((unsigned char)*s >= 0xc0 && strncmp(s, "ー", 3) != 0);      /* each character beyond ASCII once; text_fold makes - a ー */
    return n;
}

static bool leans_on(const char *text, const char *real, const char *word)
{
    const char *at = strstr(text, word);
    size_t n = strlen(word);
    if (at == NULL)
        return false;
    size_t inside = 0;
    for (size_t i = 0; i < n && real[at - text + (ptrdiff_t)i] != '\0'; i++)
        inside += is_letter(real[at - text + (ptrdiff_t)i]);
    return letters_n(real) - inside < BESIDE;
}

const char *password_common(TALLOC_CTX *mem, const char *password)
{
    const char *folded = text_fold(mem, password), *i_for_1 = plain(mem, password, 'i'), *l_for_1 = plain(mem, password, 'l'), *longest = NULL;
    for (size_t k = 0; k < ARRAY_N(common); k++)
        if ((leans_on(i_for_1, folded, common[k]) || leans_on(l_for_1, folded, common[k])) && (longest == NULL || strlen(common[k]) > strlen(longest)))
            longest = common[k];
    return longest;
}

/* ---- names ---- */

struct kana { const char *kana, *roman; };
/* After text_fold: hiragana. Two signs first. */
static const struct kana kana[] = {
    {"きゃ", "kya"}, {"きゅ", "kyu"}, {"きょ", "kyo"}, {"しゃ", "sya"}, {"しゅ", "syu"}, {"しょ", "syo"}, {"ちゃ", "tya"}, {"ちゅ", "tyu"}, {"ちょ", "tyo"}, {"にゃ", "nya"}, {"にゅ", "nyu"}, {"にょ", "nyo"},
    {"ひゃ", "hya"}, {"ひゅ", "hyu"}, {"ひょ", "hyo"}, {"みゃ", "mya"}, {"みゅ", "myu"}, {"みょ", "myo"}, {"りゃ", "rya"}, {"りゅ", "ryu"}, {"りょ", "ryo"}, {"ぎゃ", "gya"}, {"ぎゅ", "gyu"}, {"ぎょ", "gyo"},
    {"じゃ", "zya"}, {"じゅ", "zyu"}, {"じょ", "zyo"}, {"びゃ", "bya"}, {"びゅ", "byu"}, {"びょ", "byo"}, {"ぴゃ", "pya"}, {"ぴゅ", "pyu"}, {"ぴょ", "pyo"},
    {"あ", "a"}, {"い", "i"}, {"う", "u"}, {"え", "e"}, {"お", "o"}, {"か", "ka"}, {"き", "ki"}, {"く", "ku"}, {"け", "ke"}, {"こ", "ko"}, {"さ", "sa"}, {"し", "si"}, {"す", "su"}, {"せ", "se"}, {"そ", "so"},
    {"た", "ta"}, {"ち", "ti"}, {"つ", "tu"}, {"て", "te"}, {"と", "to"}, {"な", "na"}, {"に", "ni"}, {"ぬ", "nu"}, {"ね", "ne"}, {"の", "no"}, {"は", "ha"}, {"ひ", "hi"}, {"ふ", "hu"}, {"へ", "he"}, {"ほ", "ho"},
    {"ま", "ma"}, {"み", "mi"}, {"む", "mu"}, {"め", "me"}, {"も", "mo"}, {"や", "ya"}, {"ゆ", "yu"}, {"よ", "yo"}, {"ら", "ra"}, {"り", "ri"}, {"る", "ru"}, {"れ", "re"}, {"ろ", "ro"}, {"わ", "wa"}, {"を", "o"}, {"ん", "n"},
    {"が", "ga"}, {"ぎ", "gi"}, {"ぐ", "gu"}, {"げ", "ge"}, {"ご", "go"}, {"ざ", "za"}, {"じ", "zi"}, {"ず", "zu"}, {"ぜ", "ze"}, {"ぞ", "zo"}, {"だ", "da"}, {"ぢ", "zi"}, {"づ", "zu"}, {"で", "de"}, {"ど", "do"},
    {"ば", "ba"}, {"び", "bi"}, {"ぶ", "bu"}, {"べ", "be"}, {"ぼ", "bo"}, {"ぱ", "pa"}, {"ぴ", "pi"}, {"ぷ", "pu"}, {"ぺ", "pe"}, {"ぽ", "po"}, {"ー", ""}, {"っ", "*"}};

/* Kana as letters; NULL when it is not all kana. */
static char *roman(TALLOC_CTX *mem, const char *text)
{
    struct buf *b = buf_new(mem, 1000);
    bool twice = false;
    for (text = text_fold(mem, text); *text != '\0';) {
        size_t i = 0;
        while (i < ARRAY_N(kana) && strncmp(text, kana[i].kana, strlen(kana[i].kana)) != 0)
            i++;
        if (i == ARRAY_N(kana))
            return NULL;
        text += strlen(kana[i].kana);
        if (kana[i].roman[0] == '*') {
            twice = true;
            continue;
        }
        if (twice && kana[i].roman[0] != '\0')
            buf_putc(b, kana[i].roman[0]);
        twice = false;
        buf_puts(b, kana[i].roman);
    }
    return b->n > 0 ? b->p : NULL;
}

/* One spelling for all that people use: shi si, tsu tu, fu hu, ou oh o, mb nb, tch tt. */
static char *one_spelling(TALLOC_CTX *mem, const char *text)
{
    static const struct { const char *from, *to; } ways[] = {{"tch", "tt"}, {"sha", "sya"}, {"shu", "syu"}, {"sho", "syo"}, {"shi", "si"}, {"cha", "tya"}, {"chu", "tyu"}, {"cho", "tyo"}, {"chi", "ti"},
        {"tsu", "tu"}, {"ja", "zya"}, {"ju", "zyu"}, {"jo", "zyo"}, {"ji", "zi"}, {"fu", "hu"}, {"mb", "nb"}, {"mp", "np"}, {"mm", "nm"}, {"ou", "o"}, {"oo", "o"}, {"oh", "o"}, {"uu", "u"}};
    struct buf *b = buf_new(mem, 4096);
    while (*text != '\0') {
        size_t i = 0;
        while (i < ARRAY_N(ways) && strncmp(text, ways[i].from, strlen(ways[i].from)) != 0)
            i++;
        if (i < ARRAY_N(ways)) {
            buf_puts(b, ways[i].to);
            text += strlen(ways[i].from);
        } else {
            buf_putc(b, *text++);
        }
    }
    return b->p;
}

static bool in(const char *text, const char *word) { return word != NULL && utf8_len(word) >= OWN_MIN && strstr(text, word) != NULL; }

/* A name as it stands, and, when it is kana or letters, in every spelling with and without signs for letters. */
bool password_has_name(TALLOC_CTX *mem, const char *password, const char *name)
{
    const char *folded = text_fold(mem, password), *p = plain(mem, password, 'i'), *l = plain(mem, password, 'l'), *word = name ? text_fold(mem, name) : NULL;
    if (word == NULL || word[0] == '\0')
        return false;
    /* two characters beyond ASCII are a name as well: 鈴木 */
    if ((unsigned char)word[0] >= 0xc0 ? utf8_len(word) >= 2 && strstr(folded, word) != NULL : in(folded, word) || in(p, word) || in(l, word))
        return true;
    const char *letters = (unsigned char)word[0] >= 0xc0 ? roman(mem, word) : word;
    if (letters == NULL)
        return false;
    letters = one_spelling(mem, letters);
    return in(one_spelling(mem, folded), letters) || in(one_spelling(mem, p), letters) || in(one_spelling(mem, l), letters);
}
