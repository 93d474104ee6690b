// Links nothing but main(): this program is there for its precompiled header.
int main() { return 0; }
