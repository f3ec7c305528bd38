// exp and log over lanes. Written here so that results do not depend on the system's mathematical library.
#pragma once

#include "vector.h"

// exp(x) for x <= 0, within 1 ulp; 0 below -87 (where float32 is about to lose its precision), NaN for NaN.
// x = n log 2 + r with |r| <= log(2) / 2; log 2 is cut in two so that n times its first part is exact.
MDL_INLINE floats exponential(floats x) {
    const float round = 0x1.8p23f;  // adding it leaves the nearest whole number in the low bits
    floats shifted = (x < -87 ? -87 : x) * 0x1.715476p+0f + round;
    floats n = shifted - round;
    floats r = (x < -87 ? -87 : x) - n * 0x1.63p-1f;
    r = r - n * -0x1.bd0106p-13f;
    // Cephes' minimax polynomial of (exp(r) - 1 - r) / r².
    floats p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1;
    floats power = floats_of_bits((bits_of_floats(shifted) << 23) + 0x3F800000);
    return x < -87 ? 0 : p * power;
}

// 2 atanh(s) = log((1 + s) / (1 - s)) for 0 <= s <= 1/3 in magnitude, to 1e-13: its series.
MDL_INLINE doubles twice_atanh(doubles s) {
    doubles z = s * s;
    doubles sum = 2.0 / 25;
    sum = sum * z + 2.0 / 23;
    sum = sum * z + 2.0 / 21;
    sum = sum * z + 2.0 / 19;
    sum = sum * z + 2.0 / 17;
    sum = sum * z + 2.0 / 15;
    sum = sum * z + 2.0 / 13;
    sum = sum * z + 2.0 / 11;
    sum = sum * z + 2.0 / 9;
    sum = sum * z + 2.0 / 7;
    sum = sum * z + 2.0 / 5;
    sum = sum * z + 2.0 / 3;
    return s * z * sum + 2 * s;
}

// log(1 + e) for 0 <= e <= 1, with a relative error below 1e-12 also where e is small.
MDL_INLINE doubles logarithm_of_one_plus(doubles e) { return twice_atanh(e / (2 + e)); }

// log(x) for normal x > 0; NaN for infinity and NaN.
MDL_INLINE doubles logarithm(doubles x) {
    longs pattern;
    memcpy(&pattern, &x, sizeof pattern);
    // x = m 2^k with sqrt(1/2) <= m < sqrt(2).
    longs k = (pattern - 0x3FE6A09E667F3BCD) >> 52;
    longs fraction = pattern - (k << 52);
    doubles m;
    memcpy(&m, &fraction, sizeof m);
    // |k| <= 1024 is exact in 32 bits, which every instruction set converts.
    doubles exponent = __builtin_convertvector(__builtin_convertvector(k, ints), doubles);
    return exponent * 0x1.62e42fefa39efp-1 + twice_atanh((m - 1) / (m + 1)) + x * 0;
}

// exp(x) for x <= 0 in double, with a relative error below 1e-14; 0 below -700, NaN for NaN. As exponential does it,
// with the Taylor series up to r^13.
MDL_INLINE doubles wide_exponential(doubles x) {
    const double round = 0x1.8p52;  // adding it leaves the nearest whole number in the low bits
    doubles bounded = x < -700 ? -700 : x;
    doubles shifted = bounded * 0x1.71547652b82fep+0 + round;
    doubles n = shifted - round;
    doubles r = bounded - n * 0x1.62e42feep-1;
    r = r - n * 0x1.a39ef35793c76p-33;
    doubles p = 1.0 / 6227020800;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 1.0 / 2;
    p = p * (r * r) + r + 1;
    longs pattern;
    memcpy(&pattern, &shifted, sizeof pattern);
    pattern = (pattern << 52) + 0x3FF0000000000000;
    doubles power;
    memcpy(&power, &pattern, sizeof power);
    return x < -700 ? 0 : p * power;
}

// x to the power `exponent` > 0 for 0 <= x <= 1; NaN for NaN.
MDL_INLINE doubles power(doubles x, double exponent) {
    longs vanishes = x < 0x1p-1000;
    return vanishes ? 0 : wide_exponential(exponent * logarithm(vanishes ? 1 : x));
}
