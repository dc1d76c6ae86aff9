/* Asks a kernel every vector of a file, and judges its answers: cc vectors.c kernel.c && ./a.out vectors.bin */
#include "vectors.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An integer for each number, in the same order: both zeros have the same, and NaN lies beyond infinity. */
static int64_t key(char kind, int width, const unsigned char *p) {
    uint64_t bits = 0, sign = 1ull << (8 * width - 1);
    for (int k = width; k--;)
        bits = bits << 8 | p[k];
    if (kind == 'f')
        return bits & sign ? -(int64_t)(bits ^ sign) : (int64_t)bits;
    return (int64_t)(kind == 'i' ? (bits ^ sign) - sign : bits ^ 1ull << 63);
}

/* The first element that lies in none of its ranges, or whose plane does not add up to what it should; -1 if none. */
static int64_t first_wrong(const Vector *v, int64_t count, const unsigned char *got, const unsigned char *allowed) {
    int64_t w = v->n[ANSWER_ITEM], planes = v->n[SUMS] ? v->n[X] * v->n[X + 1] : 0, inside;
    for (int64_t i = 0; i < count; i++) {
        int64_t found = key(*v->answer, w, got + i * w), r;
        for (r = inside = 0; r < 2 * v->n[RANGES]; r += 2)
            inside |= key(*v->answer, w, allowed + (r * count + i) * w) <= found &&
                      key(*v->answer, w, allowed + ((r + 1) * count + i) * w) >= found;
        if (!inside)
            return i;
    }
    for (int64_t p = 0, i = 0; p < planes; p++) {
        double total = 0, sums[2];
        memcpy(sums, allowed + 2 * v->n[RANGES] * count * w + 16 * p, 16);
        for (int64_t end = i + count / planes; i < end; i++)
            total += w == 4 ? ((const float *)got)[i] : ((const double *)got)[i];
        if (total < sums[0] || total > sums[1])
            return p * (count / planes);
    }
    return -1;
}

static int64_t product(const int64_t *shape) {
    return shape[0] * shape[1] * shape[2] * shape[3] * shape[4];
}

int main(int argc, char **argv) {
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    unsigned char *given = NULL, *kept = NULL, *allowed = NULL, *answer = NULL, *last = NULL;
    int vectors, asked = 0, wrong = 0, before = SKIPPED;
    if (!file || fscanf(file, "poolproof vectors 1 %d", &vectors) != 1)
        return fprintf(stderr, "the argument should be a vectors.bin of version 1\n"), 2;
    for (; vectors--;) {
        Vector v = {0};
        int read = fscanf(file, "%d %15s %7s %7s", &v.number, v.function, v.dtype, v.answer);
        for (int k = 0; k < NUMBERS; k++)
            read += fscanf(file, "%" SCNd64, &v.n[k]);
        int backward = strstr(v.function, "backward") != NULL;
        int64_t x = product(v.n + X) * v.n[ITEM], dy = backward ? product(v.n + WINDOWS) * v.n[ITEM] : 0;
        int64_t count = product(v.n + (backward ? X : WINDOWS)), size = count * v.n[ANSWER_ITEM];
        int64_t rest = 2 * v.n[RANGES] * size + 16 * v.n[SUMS] * v.n[X] * v.n[X + 1];
        given = realloc(given, x + dy + 1), kept = realloc(kept, x + dy + 1), allowed = realloc(allowed, rest + 1);
        answer = realloc(answer, size + 1), last = realloc(last, size + 1);
        if (read != 4 + NUMBERS || fgetc(file) != '\n' || fread(given, 1, x + dy, file) != (size_t)(x + dy) ||
            fread(allowed, 1, rest, file) != (size_t)rest)
            return fprintf(stderr, "the file ends within vector %d\n", v.number), 2;
        v.x = given, v.dy = backward ? given + x : NULL;
        memcpy(kept, given, x + dy);
        memset(answer, 0xA5, size + 1); /* not the answer to the vector before */
        int status = pool(&v, answer), good = status == SKIPPED || (status == REFUSED && v.n[MAY_REFUSE]);
        int64_t at = status == ANSWERED ? first_wrong(&v, count, answer, allowed) : -1;
        if (status == ANSWERED)
            good = at < 0 && answer[size] == 0xA5 && !memcmp(kept, given, x + dy) &&
                   !(v.n[AGAIN] && before == ANSWERED && memcmp(last, answer, size));
        if (!good) {
            printf("vector %d is wrong: %s of %s", v.number, v.function, v.dtype);
            printf(at < 0 ? "\n" : ", element %" PRId64 "\n", at);
        }
        asked += status != SKIPPED, wrong += !good, before = status;
        memcpy(last, answer, size);
    }
    printf("%d vectors asked, %d wrong\n", asked, wrong);
    return wrong > 0 || !asked;
}
