/* money.h - an amount in integer cents. A struct of its own, so that a shape's field knows it is money
 * and nobody adds it to a count. lib/json alone converts from and to a JSON number. */
#ifndef TAQUILLA_BASE_MONEY_H
#define TAQUILLA_BASE_MONEY_H

#include <stdint.h>

typedef struct {
    int64_t cents;
} money;

#define MONEY_MAX_CENTS INT64_C(9999999999) /* 99,999,999.99: decimal(10,2) of the old tables */

#endif
