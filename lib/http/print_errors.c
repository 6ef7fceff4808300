/* print_errors.c - prints docs/errors.md; with a file's name, fails when that file says something else. */
#include <stdio.h>
#include <string.h>

#include "lib/http/codes.h"

int main(int argc, char **argv)
{
    struct buf want = { 0 }, found = { 0 };
    codes_write(&want);
    if (argc < 2) {
        fwrite(want.at, 1, want.len, stdout);
        buf_free(&want);
        return 0;
    }
    FILE *file = fopen(argv[1], "re");
    buf_reserve(&found, want.len + 1);
    if (file) {
        found.len = fread(found.at, 1, want.len + 1, file);
        fclose(file);
    }
    bool same = str_equal(buf_str(&want), buf_str(&found));
    if (!same)
        printf("%s is not what the table says: taquilla errors > %s\n", argv[1], argv[1]);
    buf_free(&want);
    buf_free(&found);
    return same ? 0 : 1;
}
