/* A kernel that knows its answers already: it reads them from the file that ANSWERS names, so that the reader judges
 * what any other language has answered: cc vectors.c answers.c && ANSWERS=answers.bin ./a.out vectors.bin */
#include "vectors.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int pool(const Vector *v, unsigned char *answer) {
    static FILE *file;
    int number;
    char status[16], dtype[16];
    int64_t item, shape[5];
    const int64_t *wanted = v->n + (v->dy ? X : WINDOWS);
    if (!file && !(file = fopen(getenv("ANSWERS") ? getenv("ANSWERS") : "", "rb")))
        fprintf(stderr, "ANSWERS should name a file of answers\n"), exit(2);
    if (!ftell(file) && fscanf(file, "poolproof answers 1") != 0)
        return FAILED;
    if (fscanf(file, "%d %15s %15s %" SCNd64, &number, status, dtype, &item) != 4 || number != v->number)
        return FAILED;
    for (int k = 0; k < 5; k++)
        if (fscanf(file, "%" SCNd64, &shape[k]) != 1)
            return FAILED;
    int64_t bytes = item * shape[0] * shape[1] * shape[2] * shape[3] * shape[4];
    int fits = !strcmp(dtype, v->answer) && !memcmp(shape, wanted, sizeof shape);
    fgetc(file);
    if (!strcmp(status, "answer"))
        return fits && fread(answer, 1, bytes, file) == (size_t)bytes ? ANSWERED : (fseek(file, bytes, SEEK_CUR), FAILED);
    return !strcmp(status, "skip") ? SKIPPED : !strcmp(status, "refused") ? REFUSED : FAILED;
}
