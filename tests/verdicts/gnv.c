/* The verdict of GnuTLS's libdane on the same lines as danev.c.
 *
 * Standard output: id  verdict (yes|no|err|nochain)  status bits  text  name|noname
 * The last field says whether the first certificate has the first name, which libdane itself does not ask.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/dane.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define MOST 64

static time_t now;

static time_t clock_of_case(time_t *t)
{
    if (t != NULL)
        *t = now;
    return now;
}

static int hex(int c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static int read_records(char *records, char **data, int *length)
{
    int count = 0;

    for (char *r = records; r != NULL && *r && count < MOST - 1; ) {
        char *end = strchr(r, ';');
        int u, s, m, at = 0;

        if (end != NULL)
            *end = 0;
        if (sscanf(r, "%d %d %d %n", &u, &s, &m, &at) == 3) {
            int l = (int)(strlen(r + at) / 2);
            char *octets = malloc((size_t)l + 3);

            octets[0] = (char)u;
            octets[1] = (char)s;
            octets[2] = (char)m;
            for (int i = 0; i < l; i++)
                octets[3 + i] = (char)(hex(r[at + 2 * i]) * 16 + hex(r[at + 2 * i + 1]));
            data[count] = octets;
            length[count++] = l + 3;
        }
        r = end != NULL ? end + 1 : NULL;
    }
    data[count] = NULL;
    length[count] = 0;
    return count;
}

static void judge(char **f, gnutls_x509_crt_t *crts, unsigned count)
{
    gnutls_datum_t *ders = calloc(count, sizeof *ders), text = {0};
    char *data[MOST], *comma = strchr(f[3], ',');
    int length[MOST], rc, records = read_records(f[2], data, length);
    unsigned status = 0;
    dane_state_t state;
    dane_query_t query;

    if (comma != NULL)
        *comma = 0;
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_export2(crts[i], GNUTLS_X509_FMT_DER, &ders[i]);
    dane_state_init(&state, DANE_F_IGNORE_LOCAL_RESOLVER);
    rc = dane_raw_tlsa(state, &query, data, length, 1, 0);
    if (rc < 0) {
        printf("%s\terr\t%d\t%s\t-\n", f[0], rc, dane_strerror(rc));
    } else {
        rc = dane_verify_crt_raw(state, ders, count, GNUTLS_CRT_X509, query, 0, 0, &status);
        dane_verification_status_print(status, &text, 0);
        printf("%s\t%s\t%u\t%s\t%s\n", f[0], rc < 0 ? "err" : status ? "no" : "yes", status,
               rc < 0 ? dane_strerror(rc) : (char *)text.data,
               gnutls_x509_crt_check_hostname2(crts[0], f[3], 0) ? "name" : "noname");
        gnutls_free(text.data);
        dane_query_deinit(query);
    }
    dane_state_deinit(state);
    for (int i = 0; i < records; i++)
        free(data[i]);
    for (unsigned i = 0; i < count; i++)
        gnutls_free(ders[i].data);
    free(ders);
}

static void answer(char **f)
{
    gnutls_datum_t pem;
    gnutls_x509_crt_t *crts;
    unsigned count = 0;
    int rc = gnutls_load_file(f[1], &pem);

    now = atoll(f[4]);
    if (rc >= 0) {
        rc = gnutls_x509_crt_list_import2(&crts, &count, &pem, GNUTLS_X509_FMT_PEM, 0);
        gnutls_free(pem.data);
    }
    if (rc < 0) {
        printf("%s\tnochain\t0\t%s\t-\n", f[0], gnutls_strerror(rc));
    } else {
        judge(f, crts, count);
        for (unsigned i = 0; i < count; i++)
            gnutls_x509_crt_deinit(crts[i]);
        gnutls_free(crts);
    }
    fflush(stdout);
}

int main(void)
{
    static char line[1 << 22];

    gnutls_global_init();
    gnutls_global_set_time_function(clock_of_case);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *f[8], *p = line;
        int n = 0;

        line[strcspn(line, "\n")] = 0;
        while (n < 8) {
            f[n++] = p;
            p = strchr(p, '\t');
            if (p == NULL)
                break;
            *p++ = 0;
        }
        if (n == 8)
            answer(f);
    }
    return 0;
}
