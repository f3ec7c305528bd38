#include "CThreadPool.h"
