"""Make the certificate by which schedulers, workers and whoever gives them work know one another at tls://.

    python -m scripts.cluster.keys --data data

All machines read it from the DATA_DIR that they share. Whoever can read the key may run programs on all workers.
"""

import argparse
from pathlib import Path

from scripts.core.address import keys_of
from scripts.core.files import publishing


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    args = parser.parse_args(argv)
    from distributed.security import Security

    certificate, key = keys_of(args.data)
    made = Security.temporary()
    with publishing(certificate.parent, directory=True) as part:
        part.chmod(0o700)
        (part / certificate.name).write_text(made.tls_ca_file)
        (part / key.name).touch(mode=0o600)
        (part / key.name).write_text(made.tls_scheduler_key)
    print(
        f"{certificate.parent} has a new certificate, for a year. Start scheduler and workers anew with CLUSTER=tls://... "
        "Keep the directory to yourself: who can read the key can run programs on all workers"
    )


if __name__ == "__main__":
    main()
