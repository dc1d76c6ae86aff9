/* Max and mean pooling of float32 and float64 under every setting: plain loops over windows and their cells. */
#include "vectors.h"
#include <stdlib.h>
#include <string.h>

static double load(const Vector *v, const unsigned char *array, int64_t i) {
    return v->n[ITEM] == 4 ? ((const float *)array)[i] : ((const double *)array)[i];
}

static void store(const Vector *v, unsigned char *array, int64_t i, double number) {
    if (v->n[ITEM] == 4)
        ((float *)array)[i] = (float)number;
    else
        ((double *)array)[i] = number;
}

/* The cell of the plane under a tap of a window, -1 in padding; whether it counts in the divisor of a mean. */
static int64_t cell(const Vector *v, int64_t window, int64_t tap, int *counts) {
    const int64_t *x = v->n + X + 2, *o = v->n + WINDOWS + 2, *f = v->n + SIZE, *padding = v->n + PADDING;
    int64_t at[] = {window / (o[1] * o[2]), window / o[2] % o[1], window % o[2]}, found = 0;
    int64_t of[] = {tap / (f[1] * f[2]), tap / f[2] % f[1], tap % f[2]};
    int real = 1, within = 1;
    for (int axis = 0; axis < 3; axis++) {
        int64_t place = at[axis] * v->n[STRIDE + axis] - padding[2 * axis] + of[axis] * v->n[DILATION + axis];
        real &= place >= 0 && place < x[axis];
        within &= place < x[axis] + padding[2 * axis + 1];
        found = found * x[axis] + place;
    }
    *counts = v->n[COUNTED] ? within : real;
    return real ? found : -1;
}

int pool(const Vector *v, unsigned char *answer) {
    const int64_t *x = v->n + X, *o = v->n + WINDOWS;
    int64_t cells = x[2] * x[3] * x[4], windows = o[2] * o[3] * o[4], planes = x[0] * x[1];
    int64_t taps = v->n[SIZE] * v->n[SIZE + 1] * v->n[SIZE + 2];
    int mean = !strncmp(v->function, "mean", 4), indices = !strcmp(v->function, "max_indices"), counts;
    if (strcmp(v->dtype, "float32") && strcmp(v->dtype, "float64"))
        return SKIPPED;
    double *dx = calloc(planes * cells + 1, sizeof *dx);
    for (int64_t k = 0; k < planes * windows; k++) {
        int64_t plane = k / windows, window = k % windows, best = -1, divisor = 0;
        double sum = 0;
        for (int64_t tap = 0; tap < taps; tap++) {
            int64_t c = cell(v, window, tap, &counts);
            divisor += counts;
            if (c < 0)
                continue;
            sum += load(v, v->x, plane * cells + c);
            if (best < 0 || load(v, v->x, plane * cells + c) > load(v, v->x, plane * cells + best))
                best = c;
        }
        if (indices)
            ((int64_t *)answer)[k] = best;
        else if (!v->dy)
            store(v, answer, k, mean ? sum / divisor : best < 0 ? 0 : load(v, v->x, plane * cells + best));
        else if (!mean && best >= 0)
            dx[plane * cells + best] += load(v, v->dy, k);
        for (int64_t tap = 0; mean && v->dy && tap < taps; tap++) {
            int64_t c = cell(v, window, tap, &counts);
            if (c >= 0)
                dx[plane * cells + c] += load(v, v->dy, k) / divisor;
        }
    }
    for (int64_t i = 0; v->dy && i < planes * cells; i++)
        store(v, answer, i, dx[i]);
    free(dx);
    return ANSWERED;
}
