-- Lets the generation of a tag live as long as a value that has the tag. KEYS: the generation. ARGV: the life of the value.
extend(KEYS[1], ARGV[1])
return 1
