/* Signs for tests: standard input is a line of `key.pem digest|- hex`, standard output the signature in hex. */
#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define MOST 64

static EVP_PKEY *key_of(const char *path)
{
    static char names[MOST][256];
    static EVP_PKEY *keys[MOST];
    static int count;
    FILE *file;

    for (int i = 0; i < count; i++)
        if (strcmp(names[i], path) == 0)
            return keys[i];
    file = fopen(path, "r");
    if (file == NULL || count == MOST)
        return NULL;
    snprintf(names[count], sizeof names[count], "%s", path);
    keys[count] = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    return keys[count++];
}

static int digit(int c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

int main(void)
{
    static char line[1 << 20], path[256], digest[32], text[1 << 20];
    static unsigned char octets[1 << 19], signature[1 << 12];

    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t length = 0, size = sizeof signature;
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        EVP_PKEY *key;

        if (sscanf(line, "%255s %31s %1048575s", path, digest, text) != 3 || (key = key_of(path)) == NULL)
            return 1;
        for (char *h = text; h[0] && h[1]; h += 2)
            octets[length++] = (unsigned char)(digit(h[0]) * 16 + digit(h[1]));
        if (EVP_DigestSignInit(ctx, NULL, *digest == '-' ? NULL : EVP_get_digestbyname(digest), NULL, key) <= 0
            || EVP_DigestSign(ctx, signature, &size, octets, length) <= 0) {
            /* The key is too small for the digest: a signature that verifies nowhere. */
            size = 1;
            signature[0] = 0;
        }
        for (size_t i = 0; i < size; i++)
            printf("%02x", signature[i]);
        printf("\n");
        fflush(stdout);
        EVP_MD_CTX_free(ctx);
    }
    return 0;
}
