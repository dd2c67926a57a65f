/* cmd: the subcommands of `daicho`, one function each; argv[0] is the subcommand's name. They return the exit status. */
#ifndef CMD_CMD_H
#define CMD_CMD_H
int cmd_pack(int argc, char **argv);           /* pack check [DIR] [--packs a,b] | pack doc */
int cmd_coverage(int argc, char **argv);       /* coverage [--pack P] [--forms] [--json] [--all] [--dir DIR] [--catalogue DIR] */
#endif
