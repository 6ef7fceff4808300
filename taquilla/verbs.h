/* verbs.h - what the program can be asked to do. argv[0] is the verb; each returns the process's exit code. */
#ifndef TAQUILLA_VERBS_H
#define TAQUILLA_VERBS_H

int up_run(int argc, char **argv);
int status_run(int argc, char **argv);
int config_run(int argc, char **argv);
int version_run(int argc, char **argv);
int openapi_run(int argc, char **argv);
int routes_run(int argc, char **argv);
int errors_run(int argc, char **argv);
int demo_run(int argc, char **argv);
int import_run(int argc, char **argv);
int backup_run(int argc, char **argv);
int restore_run(int argc, char **argv);
int schema_run(int argc, char **argv);
int copy_run(int argc, char **argv);
int replay_run(int argc, char **argv);
int setup_run(int argc, char **argv);
int ingestion_run(int argc, char **argv); /* the service, and its tasks by --mode */

#endif
