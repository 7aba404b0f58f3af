/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of the C library: mutexes, conditions, joins, thread-local data, floating point, once,
 * cancellation, timeouts. Prints TAP. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define THREADS 16
#define ROUNDS  5000
#define QUEUE   8

static unsigned number;
static int failed;

static void check(int good, const char *what)
{
    printf("%sok %u - %s\n", good ? "" : "not ", ++number, what);
    fflush(stdout);
    failed |= !good;
}

/* ---- A counter that all want. */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counter;
static __thread long mine;

static void *count(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
        mine++;
    }
    return mine == ROUNDS ? argument : NULL;
}

static void mutexes(void)
{
    pthread_t threads[THREADS];
    int good = 1;
    for (long i = 0; i < THREADS; i++)
        good &= pthread_create(&threads[i], NULL, count, (void *)(i + 1)) == 0;
    for (long i = 0; i < THREADS; i++) {
        void *result;
        good &= pthread_join(threads[i], &result) == 0 && result == (void *)(i + 1);
    }
    check(good, "threads start, keep data of their own, and are joined");
    check(counter == (long)THREADS * ROUNDS && mine == 0, "a mutex lets nobody pass another");
}

/* ---- A queue with conditions. */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t filled, emptied;
    int items[QUEUE], count, closed;
    long taken;
} queue = {.mutex = PTHREAD_MUTEX_INITIALIZER,
           .filled = PTHREAD_COND_INITIALIZER,
           .emptied = PTHREAD_COND_INITIALIZER};

static void *consume(void *argument)
{
    pthread_mutex_lock(&queue.mutex);
    for (;;) {
        while (queue.count == 0 && !queue.closed)
            pthread_cond_wait(&queue.filled, &queue.mutex);
        if (queue.count == 0)
            break;
        queue.taken += queue.items[--queue.count];
        pthread_cond_signal(&queue.emptied);
    }
    pthread_mutex_unlock(&queue.mutex);
    return argument;
}

static void conditions(void)
{
    pthread_t consumers[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&consumers[i], NULL, consume, NULL);
    for (int i = 1; i <= 2000; i++) {
        pthread_mutex_lock(&queue.mutex);
        while (queue.count == QUEUE)
            pthread_cond_wait(&queue.emptied, &queue.mutex);
        queue.items[queue.count++] = i;
        pthread_cond_signal(&queue.filled);
        pthread_mutex_unlock(&queue.mutex);
    }
    pthread_mutex_lock(&queue.mutex);
    queue.closed = 1;
    pthread_cond_broadcast(&queue.filled);
    pthread_mutex_unlock(&queue.mutex);
    for (int i = 0; i < 4; i++)
        pthread_join(consumers[i], NULL);
    check(queue.taken == 2000l * 2001 / 2, "what goes into a queue comes out, once");
}

/* ---- Time that is up. */

static void timeouts(void)
{
    struct timespec begin, end, now;
    sem_t never;
    sem_init(&never, 0, 0);
    clock_gettime(CLOCK_REALTIME, &begin);
    end = begin;
    end.tv_nsec += 20000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    pthread_mutex_lock(&mutex);
    int error = pthread_cond_timedwait(&queue.filled, &mutex, &end);
    pthread_mutex_unlock(&mutex);
    clock_gettime(CLOCK_REALTIME, &now);
    long waited = (now.tv_sec - begin.tv_sec) * 1000000000l + now.tv_nsec - begin.tv_nsec;
    check(error == ETIMEDOUT && waited >= 20000000, "a wait for a condition ends at its time");
    check(sem_timedwait(&never, &end) == -1 && errno == ETIMEDOUT, "and one for a semaphore");
}

/* ---- Floating point, of every thread its own. */

static void *add_up(void *argument)
{
    double step = *(double *)argument, sum = 0;
    for (int i = 0; i < 300000; i++) {
        sum += step;
        if (i % 10000 == 0)
            sched_yield();
    }
    *(double *)argument = sum;
    return NULL;
}

static void floats(void)
{
    pthread_t threads[4];
    double values[4] = {0.5, 0.25, 2, 8};
    int good = 1;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, add_up, &values[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    good = values[0] == 150000 && values[1] == 75000 && values[2] == 600000 && values[3] == 2400000;
    check(good, "floating-point registers belong to their thread");
}

/* ---- The rest. */

static int once_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void count_once(void)
{
    once_count++;
}

static void *wait_for_ever(void *argument)
{
    pthread_once(&once, count_once);
    for (;;)
        pause();
    return argument;
}

static void cancellation(void)
{
    pthread_t threads[4];
    int good = 1;
    for (int i = 0; i < 4; i++)
        good &= pthread_create(&threads[i], NULL, wait_for_ever, NULL) == 0;
    for (int i = 0; i < 4; i++) {
        void *result = NULL;
        good &= pthread_cancel(threads[i]) == 0 && pthread_join(threads[i], &result) == 0 &&
                result == PTHREAD_CANCELED;
    }
    check(good, "a thread that waits for a signal is cancelled");
    check(once_count <= 1, "once is once");
}

static void many(void)
{
    int good = 1;
    for (int i = 0; i < 300 && good; i++) {
        pthread_t thread;
        void *result;
        good &= pthread_create(&thread, NULL, count, (void *)1l) == 0 &&
                pthread_join(thread, &result) == 0 && result == (void *)1l;
    }
    check(good, "300 threads one after the other");
}

int main(void)
{
    mutexes();
    conditions();
    timeouts();
    floats();
    cancellation();
    many();
    printf("1..%u\n", number);
    return failed;
}
