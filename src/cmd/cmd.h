/* cmd: the subcommands of `daicho`, one function each; argv[0] is the subcommand's name. They return the exit status. */
#ifndef CMD_CMD_H
#define CMD_CMD_H
struct conf;
struct core;
/* Reads the options and opens the house; says why not and returns the exit status. */
int cmd_open(int argc, char **argv, struct conf **ret_conf, struct core **ret_core, int *ret_rest);
int cmd_verify(int argc, char **argv);         /* verify */
int cmd_export(int argc, char **argv);         /* export DIR */
int cmd_backup(int argc, char **argv);         /* backup DIR [without-keys] */
int cmd_restore(int argc, char **argv);        /* restore DIR|here [CHECKPOINT] */
int cmd_pack(int argc, char **argv);           /* pack check [DIR] [--packs a,b] | pack doc */
int cmd_reach(int argc, char **argv);          /* pack reach [--role R] [--pack P] [--form F] [--json] [--dir DIR] */
int cmd_coverage(int argc, char **argv);       /* coverage [--pack P] [--forms] [--json] [--all] [--dir DIR] [--catalogue DIR] */
int cmd_directory(int argc, char **argv);      /* directory check | sync [--dry-run] [--fewer] */
int cmd_oidc(int argc, char **argv);           /* oidc check */
int cmd_rescue(int argc, char **argv);         /* rescue LOGIN */
#endif
