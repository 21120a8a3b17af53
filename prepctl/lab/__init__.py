"""The lab: lent servers to rehearse on, as containers with systemd and a real sshd.

Three diffusers (Debian 11 driven through its Python 2.7, 12 and 13), one origin whose
address is in the allow-list, one reader whose address is not, on a Docker network of
their own; more diffusers on demand. Everything made carries the label ``iepc.prep.lab=NAME``; nothing else is
ever stopped or removed.
"""
