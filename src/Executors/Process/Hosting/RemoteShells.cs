using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process.Killing;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>
/// Lets people into running attempts by ssh. The host holds a listener for each attempt that wants one, and nothing else;
/// who connects is answered by an sshd of their own, started on the attempt's ground, so that it dies with the attempt.
/// </summary>
internal sealed unsafe class RemoteShells(
    HostPlace place, NodeFiles files, string nodeId, EpollSet epoll, Waiter waiter, Spawner spawner, IKillGround ground, Action<string> say)
{
    /// <summary>Listeners have this and the attempt's id as their number in the epoll set: above all connections.</summary>
    public const long FirstNumber = 1L << 60;

    private const int MostOfOneAttempt = 16, Most = 256;

    /// <summary>
    /// What each session runs, as the user who logged in: it finds the attempt's main process, takes its first environment
    /// whole, and becomes the shell. An attempt in a container is a client of the container's runtime here: its environment
    /// is that of the program that leads inside.
    /// </summary>
    private const string Enter =
        """
        # $1: the main process of an attempt; $2: the attempt's mark; $3: a file with a variable that is left out, and the words that lead into a container, if it is in one
        gone() { echo "the task has ended" >&2; exit 255; }
        { mapfile -d '' -t task <"/proc/$1/environ"; } 2>/dev/null || gone
        mapfile -d '' -t into <"$3"
        for index in "${!task[@]}"; do
            variable=${task[index]}
            [ "${variable%%=*}" = "${into[0]}" ] && unset "task[index]"
            case $variable in
                "$2") ours=yes ;;
                SWITCHYARD_ATTEMPT_DIR=*) directory=${variable#*=} ;;
            esac
        done
        [ "$ours" = yes ] || gone
        cd -- "${directory:-/proc/$1/cwd}" || exit 255
        into=("${into[@]:1}")
        if [ ${#into[@]} -gt 0 ]; then
            name=${into[-1]}
            unset 'into[-1]'
            [ -t 0 ] && into+=(--tty --env "TERM=$TERM")
            into+=(-- "$name" /bin/sh -c 'if command -v bash >/dev/null 2>&1; then exec bash "$@"; else exec sh "$@"; fi' sh)
            [ -v SSH_ORIGINAL_COMMAND ] && into+=(-c "$SSH_ORIGINAL_COMMAND")
            exec env -i -- "${task[@]}" "${into[@]}"
        fi
        for name in TERM SSH_CLIENT SSH_CONNECTION SSH_TTY; do
            [ -v "$name" ] && task+=("$name=${!name}")
        done
        set --
        [ -v SSH_ORIGINAL_COMMAND ] && set -- -c "$SSH_ORIGINAL_COMMAND"
        exec env -i -- "${task[@]}" /bin/bash --norc "$@"
        """;

    private readonly Dictionary<long, HostAttempt> _open = [];
    private readonly HashSet<long> _refused = [];
    private readonly string _directory = Path.Combine(place.Directory, "shells");
    private int _sessions;
    private bool _ready;

    private string EnterPath => Path.Combine(_directory, "enter.sh");

    /// <summary>Listens for those who want a shell in an attempt. An address that cannot be had is said in the log and nothing more.</summary>
    public void Open(HostAttempt attempt, ShellAddress at)
    {
        var listener = -1;
        if (Listen(at, ref listener) is { } problem)
        {
            Libc.Close(ref listener);
            say($"attempt {attempt.Id}: no ssh on {at.Address} port {at.Port}: {problem}");
            return;
        }
        (attempt.ShellListener, attempt.Shell) = (listener, at);
        _open.Add(attempt.Id, attempt);
        epoll.Add(listener, Libc.EPOLLIN, FirstNumber + attempt.Id);
    }

    /// <summary>Somebody connects: an sshd for them.</summary>
    public void Accept(long number)
    {
        if (!_open.TryGetValue(number - FirstNumber, out var attempt)) return;
        var socket = Libc.accept4(attempt.ShellListener, null, null, Libc.O_CLOEXEC);
        if (socket < 0)
        {
            if (Libc.Errno is Libc.EAGAIN or Libc.EINTR or Libc.ECONNABORTED) return;
            // It would be the same again at once, and for ever.
            say($"attempt {attempt.Id}: no more ssh: {Libc.Text(Libc.Errno)}");
            Close(attempt);
            return;
        }
        var problem = attempt.Sessions.Count >= MostOfOneAttempt || _sessions >= Most ? "too many are logged in" : Serve(attempt, socket);
        Libc.Close(ref socket);
        // Once is enough: anybody can knock as often as they like.
        if (problem is not null && _refused.Add(attempt.Id)) say($"attempt {attempt.Id}: ssh refused: {problem}");
    }

    /// <summary>A child of an attempt has ended; answers whether it was the server of a session.</summary>
    public bool Ended(HostAttempt attempt, int pid)
    {
        if (!attempt.Sessions.Remove(pid)) return false;
        _sessions--;
        return true;
    }

    /// <summary>Nobody else gets into this attempt. Who is in it dies with it.</summary>
    public void Close(HostAttempt attempt)
    {
        if (!_open.Remove(attempt.Id)) return;
        _refused.Remove(attempt.Id);
        _ = Libc.close(attempt.ShellListener);
        attempt.ShellListener = -1;
        if (attempt.Shell is not null) return;
        _ = Libc.unlink(KeyPath(attempt));
        _ = Libc.unlink(IntoPath(attempt));
    }

    private string IntoPath(HostAttempt attempt) => KeyPath(attempt) + ".into";

    private string KeyPath(HostAttempt attempt) => Path.Combine(_directory, attempt.Id.ToString(CultureInfo.InvariantCulture));

    private string? Serve(HostAttempt attempt, int socket)
    {
        if (SshServer.WhyNot(files.Root) is { } missing) return missing;
        if (WriteDown(attempt) is { } problem) return problem;
        List<string> arguments = [SshServer.Setpriv!, "--pdeathsig", "KILL", "--", SshServer.Server!, "-i", "-f", "/dev/null"];
        foreach (var option in Options(attempt)) arguments.AddRange(["-o", option]);
        string[] environment = [$"{HostAttempt.NodeVariable}={nodeId}", FormattableString.Invariant($"{HostAttempt.AttemptVariable}={attempt.Id}"), "PATH=/usr/sbin:/usr/bin:/sbin:/bin"];
        var result = waiter.BearSession(spawner, new(arguments[0], arguments, environment, "/", ground.Cgroup(attempt), socket, socket), attempt);
        if (result.Failure is not null) return result.Failure;
        _sessions++;
        return null;
    }

    // What sshd reads: only where somebody wants it, most attempts end without.
    private string? WriteDown(HostAttempt attempt)
    {
        if (attempt.Shell is not { } shell) return null;
        var error = _ready ? 0 : Prepare();
        if (error == 0) error = Libc.WriteFile(KeyPath(attempt), shell.PublicKey + "\n");
        if (error == 0) error = Libc.WriteFile(IntoPath(attempt), string.Concat(shell.Into.Prepend(shell.Without ?? "").Select(word => word + "\0")));
        if (error == 0) attempt.Shell = null;
        return error == 0 ? null : $"{_directory}: {Libc.Text(error)}";
    }

    private int Prepare()
    {
        // As root, sshd insists on an empty directory of its own, which the system makes at boot where it starts one itself.
        if (Libc.getuid() == 0) _ = Libc.mkdir("/run/sshd", 0x1ED);
        var error = Libc.MakeDirectories(_directory);
        if (error == 0) error = Libc.WriteFile(EnterPath, Enter);
        _ready = error == 0;
        return error;
    }

    // SshServer.WhyNot sees to it that the quotes hold.
    private List<string> Options(HostAttempt attempt)
    {
        List<string> options =
        [
            $"HostKey \"{files.HostKey}\"",
            $"AuthorizedKeysFile \"{KeyPath(attempt)}\"",
            FormattableString.Invariant($"ForceCommand exec /bin/bash \"{EnterPath}\" {attempt.Pid} {HostAttempt.AttemptVariable}={attempt.Id} \"{IntoPath(attempt)}\""),
            "AllowUsers " + Environment.UserName,
            "AuthenticationMethods publickey",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin prohibit-password",
            // PAM would move the session to a cgroup of the system's, where it outlived the attempt.
            "UsePAM no",
            "StrictModes no",
            "PermitUserRC no",
            "PrintMotd no",
            "PrintLastLog no",
            "AllowAgentForwarding no",
            "AllowStreamLocalForwarding no",
            "X11Forwarding no",
            "LoginGraceTime 30",
            "ClientAliveInterval 60",
            "PidFile none",
        ];
        // Sessions that ask for it run this through ForceCommand, as a command of the user's.
        if (SshServer.Sftp is { } sftp) options.Add("Subsystem sftp " + sftp);
        return options;
    }

    private static string? Listen(ShellAddress at, ref int listener)
    {
        const int ipv4 = 2, ipv6 = 10, stream = 1, socketLevel = 1, reuseAddress = 2;
        if (!IPAddress.TryParse(at.Address, out var address)) return "not an IP address";
        Span<byte> name = stackalloc byte[28];
        name.Clear();
        var isFour = address.AddressFamily == AddressFamily.InterNetwork;
        name[0] = isFour ? (byte)ipv4 : (byte)ipv6;
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], (ushort)at.Port);
        _ = address.TryWriteBytes(name[(isFour ? 4 : 8)..], out _);
        listener = Libc.socket(name[0], stream | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        var one = 1;
        _ = Libc.setsockopt(listener, socketLevel, reuseAddress, &one, sizeof(int));
        fixed (byte* start = name)
            return listener < 0 || Libc.bind(listener, start, isFour ? 16u : 28u) != 0 || Libc.listen(listener, 16) != 0 ? Libc.Text(Libc.Errno) : null;
    }
}
