/* Max and mean pooling in C, forward and backward: plain loops over doubles, which pool.py calls.
 *
 * Arrays are contiguous and belong to the caller; nothing is kept between calls, so any number of threads may call.
 */

#include <stdint.h>

/* Lengths and steps. A plane is one channel of one sample of x; planes, rows and columns count the outputs. */
typedef struct {
    int64_t planes, height, width;
    int64_t rows, columns;
    int64_t tall, wide;   /* of a window */
    int64_t down, across; /* from one window to the next */
} Geometry;

static int64_t outputs(const Geometry *g) {
    return g->planes * g->rows * g->columns;
}

static double cells(const Geometry *g) {
    return (double)(g->tall * g->wide);
}

/* The first cell in x of the window of output o. */
static int64_t corner(const Geometry *g, int64_t o) {
    int64_t column = o % g->columns, row = o / g->columns % g->rows, plane = o / g->columns / g->rows;
    return (plane * g->height + row * g->down) * g->width + column * g->across;
}

/* The cell of the largest element in the window of output o, the first of several; a NaN is larger than everything. */
static int64_t first_maximum(const Geometry *g, const double *x, int64_t o) {
    int64_t first = corner(g, o), best = first;
    for (int64_t h = 0; h < g->tall; h++)
        for (int64_t w = 0; w < g->wide; w++) {
            int64_t cell = first + h * g->width + w;
            if (x[best] == x[best] && !(x[cell] <= x[best]))
                best = cell;
        }
    return best;
}

static double sum(const Geometry *g, const double *x, int64_t o) {
    int64_t first = corner(g, o);
    double total = 0;
    for (int64_t h = 0; h < g->tall; h++)
        for (int64_t w = 0; w < g->wide; w++)
            total += x[first + h * g->width + w];
    return total;
}

static void spread(const Geometry *g, double share, int64_t o, double *dx) {
    int64_t first = corner(g, o);
    for (int64_t h = 0; h < g->tall; h++)
        for (int64_t w = 0; w < g->wide; w++)
            dx[first + h * g->width + w] += share;
}

void max_forward(const Geometry *g, const double *x, double *y) {
    for (int64_t o = 0; o < outputs(g); o++)
        y[o] = x[first_maximum(g, x, o)];
}

/* Indices count from the beginning of each plane. */
void max_indices(const Geometry *g, const double *x, int64_t *indices) {
    for (int64_t o = 0; o < outputs(g); o++)
        indices[o] = first_maximum(g, x, o) % (g->height * g->width);
}

void mean_forward(const Geometry *g, const double *x, double *y) {
    for (int64_t o = 0; o < outputs(g); o++)
        y[o] = sum(g, x, o) / cells(g);
}

/* Gradients are added to dx, which comes filled with zeros, because windows may overlap. */
void max_backward(const Geometry *g, const double *dy, const double *x, double *dx) {
    for (int64_t o = 0; o < outputs(g); o++)
        dx[first_maximum(g, x, o)] += dy[o];
}

void mean_backward(const Geometry *g, const double *dy, double *dx) {
    for (int64_t o = 0; o < outputs(g); o++)
        spread(g, dy[o] / cells(g), o, dx);
}
