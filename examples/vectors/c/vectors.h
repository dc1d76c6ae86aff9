/* A test vector, as docs/vectors.md describes it: three words and NUMBERS numbers, which begin at these places. */
#include <stdint.h>

enum {
    RANK, ITEM, ANSWER_ITEM, X, SIZE = X + 5, STRIDE = SIZE + 3, PADDING = STRIDE + 3, DILATION = PADDING + 6,
    CEIL = DILATION + 3, COUNTED, WINDOWS, MAY_REFUSE = WINDOWS + 5, AGAIN, RANGES, SUMS, NUMBERS
};

typedef struct {
    int number;
    char function[16], dtype[8], answer[8]; /* the dtypes of x and of the answer */
    int64_t n[NUMBERS];
    unsigned char *x, *dy; /* dy is NULL but for a gradient */
} Vector;

enum { ANSWERED, SKIPPED, REFUSED, FAILED };

/* The kernel under test: puts its answer there and says that it did, or else what became of the vector. */
int pool(const Vector *v, unsigned char *answer);
