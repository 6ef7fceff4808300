/* fuzz_replay.c - runs a fuzz target over the files of its corpus: what was found once is tested in
 * every run. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* On the heap and of the exact size, so that a sanitizer sees one byte too many. */
static int replay(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return -1;
    }
    char *whole = malloc(FILE_BYTES_MAX);
    size_t size = whole ? fread(whole, 1, FILE_BYTES_MAX, file) : 0;
    fclose(file);
    uint8_t *exact = malloc(size ? size : 1);
    if (whole == NULL || exact == NULL)
        abort();
    memcpy(exact, whole, size);
    free(whole);
    fprintf(stderr, "%s\n", path); /* the last one named is the one that failed */
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

static long replay_folder(const char *folder)
{
    DIR *open = opendir(folder);
    if (open == NULL) {
        perror(folder);
        return -1;
    }
    long count = 0;
    for (struct dirent *entry; count >= 0 && (entry = readdir(open)) != NULL;)
        if (entry->d_name[0] != '.')
            count = replay(folder, entry->d_name) == 0 ? count + 1 : -1;
    closedir(open);
    return count;
}

int main(int argc, char **argv)
{
    long all = 0;
    for (int i = 1; i < argc; i++) {
        long count = replay_folder(argv[i]);
        if (count <= 0)
            return 1; /* an empty corpus proves nothing */
        all += count;
    }
    printf("%ld inputs\n", all);
    return all ? 0 : 1;
}
