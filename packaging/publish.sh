# Read by ./yard for its publish command.

# Makes a folder with what is installed: the program as one file, a systemd unit, a Containerfile, and their checksums.
ship() {
    local output=$root/artifacts/publish runtime=linux-x64 work=$root/artifacts/ship started=$SECONDS web=$root/ui/dist
    [[ $(uname -m) == aarch64 ]] && runtime=linux-arm64
    while (($#)); do
        case $1 in
            --output) output=${2:?--output needs a directory} ;;
            --runtime) runtime=${2:?--runtime needs linux-x64 or linux-arm64} ;;
            *) echo "yard: publish takes --output DIR and --runtime linux-x64|linux-arm64, not $1" >&2 && return 2 ;;
        esac
        shift 2
    done
    [[ $runtime == linux-x64 || $runtime == linux-arm64 ]] || { echo "yard: --runtime is linux-x64 or linux-arm64, not $runtime" >&2; return 2; }
    need_sdk
    mkdir -p "$work" "$output"
    exec 9>"$work/lock"
    flock 9
    if [[ -n ${YARD_NO_UI:-} ]]; then
        web=
    elif ! have_node; then
        echo "yard: the web app that belongs into the file needs Node.js 20 or later with npm to be built; --no-ui leaves it out (./yard --no-ui publish)." >&2
        return 1
    else
        (make_ui) >"$work/ui.log" 2>&1 &
        follow $! "Building the web app" || { echo "yard: building the web app failed, see $work/ui.log" >&2; return 1; }
    fi
    # A folder of its own, and the program made anew: what is inside is not what the usual build has.
    rm -rf "$work/obj/Yard" "$work/bin/Yard" "$work/out"
    DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet publish "$root/src/Yard/Yard.csproj" -c Release -r "$runtime" -o "$work/out" -v minimal \
        -p:OneFile=true -p:WebApp="$web" -p:ArtifactsPath="$work/" -p:RunAnalyzers=false >"$work/build.log" 2>&1 &
    follow $! "Building the program for $runtime" || { echo "yard: the build failed; the end of $work/build.log:" >&2; tail -n 20 "$work/build.log" >&2; return 1; }
    install -m 755 "$work/out/yard" "$output/.yard"
    mv -f "$output/.yard" "$output/yard"
    install -m 644 "$root/packaging/switchyard.service" "$root/packaging/Containerfile" "$root/LICENSE" "$output"
    (cd "$output" && sha256sum yard switchyard.service Containerfile LICENSE >SHA256SUMS)
    echo "Published Switchyard for $runtime to $output in $((SECONDS - started)) s."
}
