/* The verdict of OpenSSL's libssl as a DANE client, many cases a second.
 *
 * Standard input, one case a line, fields separated by tabs:
 *   id  chain.pem  records (u s m hex;...)  names (,)  time  ca.pem or -  level  flags
 * Flags: n = DANE_FLAG_NO_DANE_EE_NAMECHECKS, r = SHA2-256 before SHA2-512, p = X509_V_FLAG_PARTIAL_CHAIN
 * Standard output:
 *   id  verdict (yes|no|unusable|nochain)  error  depth  u s m or -  text@depth  length of the chain
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* The certificates of a file. Most cases have the file of the case before them, so those of the last one are kept. */
struct certificates {
    char text[1 << 20];
    size_t length;
    STACK_OF(X509) *stack;
};

static STACK_OF(X509) *load(struct certificates *last, const char *path)
{
    static char text[sizeof last->text];
    FILE *file = fopen(path, "r");
    size_t size = file != NULL ? fread(text, 1, sizeof text, file) : 0;
    char *name, *header;
    unsigned char *data;
    long length;
    BIO *b;

    if (file != NULL)
        fclose(file);
    if (last->stack != NULL && size == last->length && memcmp(text, last->text, size) == 0)
        return last->stack;
    memcpy(last->text, text, size);
    last->length = size;
    sk_X509_pop_free(last->stack, X509_free);
    last->stack = sk_X509_new_null();
    b = BIO_new_mem_buf(text, (int)size);
    while (PEM_read_bio(b, &name, &header, &data, &length)) {
        const unsigned char *p = data;

        /* A certificate that cannot be read becomes NULL. */
        if (strcmp(name, "CERTIFICATE") == 0)
            sk_X509_push(last->stack, d2i_X509(NULL, &p, length));
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    ERR_clear_error();
    BIO_free(b);
    return last->stack;
}

static int hex(int c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* A context is expensive, and only the order of the digests differs. */
static SSL_CTX *context(int reversed)
{
    static SSL_CTX *made[2];
    SSL_CTX *ctx = made[reversed];

    if (ctx == NULL) {
        ctx = made[reversed] = SSL_CTX_new(TLS_client_method());
        SSL_CTX_dane_enable(ctx);
        if (reversed) {
            SSL_CTX_dane_mtype_set(ctx, EVP_sha512(), 2, 1);
            SSL_CTX_dane_mtype_set(ctx, EVP_sha256(), 1, 2);
        }
    }
    return ctx;
}

static int add_records(SSL *ssl, char *records)
{
    static unsigned char octets[1 << 17];
    int usable = 0;

    for (char *r = records; r != NULL && *r; ) {
        char *end = strchr(r, ';');
        int u, s, m, at = 0;

        if (end != NULL)
            *end = 0;
        if (sscanf(r, "%d %d %d %n", &u, &s, &m, &at) == 3) {
            size_t l = 0;

            for (char *h = r + at; h[0] && h[1] && l < sizeof octets; h += 2)
                octets[l++] = (unsigned char)(hex(h[0]) * 16 + hex(h[1]));
            if (SSL_dane_tlsa_add(ssl, u, s, m, octets, l) > 0)
                usable++;
            ERR_clear_error();
        }
        r = end != NULL ? end + 1 : NULL;
    }
    return usable;
}

static void judge(char **f, SSL *ssl, STACK_OF(X509) *chain, X509_STORE *store)
{
    X509_STORE_CTX *sc = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *vp;
    X509 *mc = NULL;
    EVP_PKEY *mk = NULL;
    char matched[32] = "-";
    int rc, err, depth = -1;

    X509_STORE_CTX_init(sc, store, sk_X509_value(chain, 0), chain);
    X509_STORE_CTX_set_ex_data(sc, SSL_get_ex_data_X509_STORE_CTX_idx(), ssl);
    X509_STORE_CTX_set0_dane(sc, SSL_get0_dane(ssl));
    X509_STORE_CTX_set_default(sc, "ssl_server");
    vp = X509_STORE_CTX_get0_param(sc);
    X509_VERIFY_PARAM_set1(vp, SSL_get0_param(ssl));
    X509_VERIFY_PARAM_set_auth_level(vp, atoi(f[6]));
    X509_VERIFY_PARAM_set_time(vp, (time_t)atoll(f[4]));
    if (strchr(f[7], 'p'))
        X509_VERIFY_PARAM_set_flags(vp, X509_V_FLAG_PARTIAL_CHAIN);
    ERR_clear_error();
    rc = X509_verify_cert(sc);
    err = X509_STORE_CTX_get_error(sc);
    SSL_set_verify_result(ssl, err);
    if (rc > 0) {
        uint8_t u, s, m;
        const unsigned char *d;
        size_t l;

        depth = SSL_get0_dane_authority(ssl, &mc, &mk);
        if (depth >= 0) {
            SSL_get0_dane_tlsa(ssl, &u, &s, &m, &d, &l);
            snprintf(matched, sizeof matched, "%d %d %d%s", u, s, m, mk ? " key" : "");
        }
    }
    printf("%s\t%s\t%d\t%d\t%s\t%s@%d\t%d\n", f[0], rc > 0 && err == 0 && depth >= 0 ? "yes" : "no", err,
           depth, matched, X509_verify_cert_error_string(err), X509_STORE_CTX_get_error_depth(sc),
           sk_X509_num(X509_STORE_CTX_get0_chain(sc)));
    X509_STORE_CTX_free(sc);
    ERR_clear_error();
}

static void answer(char **f)
{
    static struct certificates sent, trusted;
    STACK_OF(X509) *chain = load(&sent, f[1]), *ca = load(&trusted, f[5]);
    X509_STORE *store = X509_STORE_new();
    SSL *ssl = SSL_new(context(strchr(f[7], 'r') != NULL));
    char *comma = strchr(f[3], ',');

    for (int i = 0; i < sk_X509_num(ca); i++)
        if (sk_X509_value(ca, i) != NULL)
            X509_STORE_add_cert(store, sk_X509_value(ca, i));
    SSL_set_connect_state(ssl);
    if (comma != NULL)
        *comma = 0;
    SSL_dane_enable(ssl, f[3]);
    while (comma != NULL) {
        char *name = comma + 1;

        comma = strchr(name, ',');
        if (comma != NULL)
            *comma = 0;
        SSL_add1_host(ssl, name);
    }
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (strchr(f[7], 'x'))
        SSL_set1_host(ssl, NULL);
    if (strchr(f[7], 'n'))
        SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    if (sk_X509_num(chain) == 0 || sk_X509_find(chain, NULL) >= 0)
        printf("%s\tnochain\t0\t-1\t-\t-\t0\n", f[0]);
    else if (add_records(ssl, f[2]) == 0)
        printf("%s\tunusable\t0\t-1\t-\t-\t0\n", f[0]);
    else
        judge(f, ssl, chain, store);
    fflush(stdout);
    SSL_free(ssl);
    X509_STORE_free(store);
}

int main(void)
{
    static char line[1 << 22];

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
