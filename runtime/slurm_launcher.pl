#!/usr/bin/perl
# What Slurm starts on a compute node: reads the order of one attempt from the shared directory, runs its program without
# a shell, and tells by files how it went. Perl without modules, because that starts in a few milliseconds and is part of
# every Debian. Arguments: ROOT BATCH, and
#   "array" and milliseconds: so long it goes on with others of its array that wait, after its own;
#   "gang" and srun's options for each member, which starts "step" and the number of the member;
#   "hold", the places there are, the milliseconds it stays when nobody wants it, and srun's options: the keeper of an allocation.
# The files are described in docs/slurm.md; each appears by a rename, so that nobody reads half of one.
use strict;
use warnings;

my ($root, $batch, $role, @rest) = @ARGV;
my $started_umask = umask 077;
my $job = $ENV{SLURM_ARRAY_JOB_ID} || $ENV{SLURM_JOB_ID} || 0;
my $element = $ENV{SLURM_ARRAY_TASK_ID} // 0;
my $host = $ENV{SLURMD_NODENAME} // '';
my $token = ($ENV{SLURM_JOB_ID} // 0) . '-' . $$;
my $told = 0;    # how often Slurm asked it to end
my $child = 0;
my $others = 0;  # whether it is at an attempt that is not its element's
my @kept;

my %call = syscalls();

# Both are waited for, and none is lost between a look and the wait. Perl's own handlers would wait for the wait's end.
# Slurm's own signal reaches every process of a step; the server's is one that only we heed.
my ($term, $childs_end, $ours) = (15, 17, 23);
my ($no_signal, $only_term, $awaited) = map { pack 'Q', $_ } 0, 1 << $term - 1, 1 << $term - 1 | 1 << $childs_end - 1 | 1 << $ours - 1;
mask(0, $awaited);
$SIG{INT} = $SIG{HUP} = 'IGNORE';

$role = '' unless defined $role;
if ($role eq 'gang') { gang() }
elsif ($role eq 'hold') { hold() }
elsif ($role eq 'step') { attempt($rest[0]) }
elsif ($role eq 'array') { array() }
else { attempt($element) }
exit 0;

# --- an element of an array

# To start a job costs Slurm many times what a short task takes. So one that is done goes on, for a while, with what waits at the
# other end of its array. Whose attempt is not its own any more leaves: its element may be taken out of the queue at any time.
sub array {
    my $until = now_ms() + $rest[0];
    attempt($element) or return;
    $others = 1;
    my @ids = ids($batch);
    for my $index (reverse $element + 1 .. $#ids) {
        return if now_ms() >= $until || awaited($only_term, 0) == $term || !-e "$root/orders/$batch";
        attempt($index) unless grep { -e "$root/$_/$ids[$index]" } 'started', 'ended', 'claimed';
    }
}

# --- one attempt

# True when it ran and ended well; false when there is nothing to do. Leaves with any other end.
sub attempt {
    my ($index) = @_;
    my ($id, @order) = order($index);
    return 0 unless defined $id;    # nobody wants it any more
    # Whoever makes this file has the attempt; a second one for the same attempt finds it and leaves.
    my $step = $role eq 'step' ? '.' . ($ENV{SLURM_STEP_ID} // '') : '';
    my $where = ($ENV{SLURM_ARRAY_JOB_ID} ? "${job}_$element" : $job) . "$step\@$host";
    put("$root/tmp/$id.$token", "$where\n" . ($ENV{SLURM_JOB_ID} // 0) . "\n") or die "$root/tmp: $!";
    my $first = link "$root/tmp/$id.$token", "$root/claimed/$id";
    unlink "$root/tmp/$id.$token";
    return 0 unless $first;
    if (-e "$root/started/$id" || -e "$root/ended/$id") { unlink "$root/claimed/$id"; return 0 }

    my $hosts = $role eq 'step' ? hosts() : {};
    my (@arguments, %environment, $directory, $own, @files, @undo);
    while (@order) {
        my ($kind, $text) = splice @order, 0, 2;
        $text =~ s/\@switchyard-host\((\d+)\)\@/$hosts->{$1} \/\/ ''/ge if %$hosts;
        if ($kind eq 'a') { push @arguments, $text }
        elsif ($kind eq 'e') { my ($name, $value) = split /=/, $text, 2; $environment{$name} = $value }
        elsif ($kind eq 'd') { $directory = $text }
        elsif ($kind eq 'o') { $own = $text }
        elsif ($kind eq 'f') { push @files, [$text, undef] }
        elsif ($kind eq 'F') { $files[-1][1] = $text }
        elsif ($kind eq 'u') { push @undo, $text }
    }
    # Slurm chose the GPUs; the program finds them by these.
    for my $name (qw(CUDA_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES GPU_DEVICE_ORDINAL)) {
        $environment{$name} = $ENV{$name} if defined $ENV{$name} && !exists $environment{$name};
    }

    # In an allocation that is shared, a program may want to know which.
    $environment{SLURM_JOB_ID} //= $job if $batch =~ /^s/;

    refuse($id, 'it was ended before it started') if -e "$root/stop/$id" ;
    if (defined $directory) {
        refuse($id, "the working directory is a file: $directory") if -e $directory && !-d _;
        refuse($id, "the working directory does not exist: $directory") unless -d $directory;
        refuse($id, "the working directory may not be entered: $directory") unless -x _;
    }
    if (defined $own) {
        make($own) or refuse($id, "the attempt's directory cannot be made: $!");
        for (@files) {
            put("$own/$_->[0]", $_->[1]) or refuse($id, "$_->[0] cannot be written into the attempt's directory: $!");
        }
        $directory //= $own;
    }
    my $program = program($id, $arguments[0], $environment{PATH}, $directory);

    open my $output, '>>', "$root/out/$id" or refuse($id, "the output cannot be written: $!");
    open my $nothing, '<', '/dev/null' or refuse($id, "/dev/null: $!");
    syscall $call{prctl}, 36, 1, 0, 0, 0;    # what outlives its parent becomes a child of ours
    pipe my $failed, my $failing or refuse($id, "no pipe: $!");
    $child = fork;
    refuse($id, "no process: $!") unless defined $child;
    if (!$child) {
        syscall $call{setsid};
        $SIG{$_} = 'DEFAULT' for qw(INT HUP FPE);
        mask(2, $no_signal);
        umask $started_umask;
        unless (chdir $directory) { syswrite $failing, "d$!"; exit 1 }
        open STDIN, '<&', $nothing;
        open STDOUT, '>&', $output;
        open STDERR, '>&', $output;
        close_others();
        # Perl's own exec gives what is no program to a shell.
        my @variables = map { "$_=$environment{$_}" } keys %environment;
        my ($words, $texts) = (pack('p*', @arguments) . pack('J', 0), pack('p*', @variables) . pack('J', 0));
        syscall $call{execve}, $program, $words, $texts;
        syswrite $failing, ($! + 0 == 8 ? 'n' : "x$!");
        kill 9, $$;
    }
    close $failing;
    my $trouble = '';
    1 while (sysread($failed, $trouble, 200, length $trouble) // ($! + 0 == 4 ? 1 : 0)) > 0;
    close $failed;
    if ($trouble ne '') {
        waitpid $child, 0;
        my ($kind, $text) = (substr($trouble, 0, 1), substr($trouble, 1));
        refuse($id, $kind eq 'd' ? "the working directory may not be entered: $directory"
            : $kind eq 'n' ? "$program is neither a program nor a script that names its interpreter in its first line (#!)"
            : "cannot start $program: $text");
    }
    rename "$root/claimed/$id", "$root/started/$id";

    my $status = wait_for($id);
    # Slurm asks all of the program and us in one breath, and a shell may be quicker to say what its command ended by.
    $told++ if awaited($only_term, $status & 127 || $status >> 8 > 128 ? 100 : 0) == $term;
    my $left = kill_rest();
    my $unproven = undo(@undo);
    rmdir $own if defined $own;
    unlink "$root/out/$id" if -z "$root/out/$id";
    my $signal = $status & 127;
    my $code = $signal ? 128 + $signal : $status >> 8;
    $unproven = $left if $left ne '';
    report($id, "exit $code $signal " . ($told && !-e "$root/stop/$id" ? 1 : 0) . "\n$unproven");
    exit $code if $code || $told || $unproven ne '';
    return 1;
}

# Until the main process has ended. What asks it to end: the polite signal, with the grace in a file where it is ours.
sub wait_for {
    my ($id) = @_;
    my ($kill_at, $passed_on);
    while (1) {
        while ((my $pid = waitpid -1, 1) > 0) { return $? if $pid == $child }
        my $now = now_ms();
        if (defined $kill_at && $now >= $kill_at) {
            kill 9, descendants();
            $kill_at = $now + 100;
        }
        my $left = defined $kill_at ? $kill_at - $now : 3600_000;
        my $signal = awaited($awaited, $left);
        next if $signal != $term && $signal != $ours;
        $told++ if $signal == $term;
        # It may come again, to hurry.
        my $grace = grace($id);
        next if $signal == $ours && $others && !defined $grace;    # was for the one before
        $kill_at = now_ms() + $grace if defined $grace && !(defined $kill_at && $kill_at < now_ms() + $grace);
        signal_session() unless $passed_on++ || defined $grace && $grace <= 0;
    }
}

sub grace {
    my ($id) = @_;
    open my $file, '<', "$root/stop/$id" or return undef;
    my $line = <$file>;
    return defined $line && $line =~ /^(\d+)/ ? $1 : 0;
}

# The polite signal to the session of the main process; a stopped process would not see it.
sub signal_session {
    my @all = grep { session($_) == $child } descendants();
    kill 15, @all;
    kill 18, @all;
}

# The main process is gone. Whatever else there is of the attempt is a child of ours by now, or below one.
sub kill_rest {
    for my $round (1 .. 1500) {
        my $pid;
        1 while ($pid = waitpid -1, 1) > 0;
        return '' if $pid < 0 && $! + 0 != 4;
        kill 9, descendants();
        select undef, undef, undef, 0.02;
    }
    return 'processes of it could not be ended: ' . join ' ', descendants();
}

sub undo {
    my @words = @_;
    return '' unless @words;
    my $pid = fork;
    return "what it left could not be removed: @words: $!" unless defined $pid;
    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        $SIG{$_} = 'DEFAULT' for qw(INT HUP FPE);
        mask(2, $no_signal);
        %ENV = (PATH => '/usr/local/bin:/usr/bin:/bin');
        no warnings 'exec';
        exec { $words[0] } @words;
        kill 9, $$;
    }
    for (1 .. 3000) {
        my $ended = waitpid $pid, 1;
        if ($ended == $pid) { return $? == 0 ? '' : "what it left could not be removed: @words: exit code " . ($? & 127 ? 128 + ($? & 127) : $? >> 8) }
        select undef, undef, undef, 0.02;
    }
    kill 9, $pid, descendants();
    waitpid $pid, 0;
    return "what it left could not be removed: @words: it took too long";
}

# All processes below this one.
sub descendants {
    my (%children, @found);
    opendir my $proc, '/proc' or return ();
    for my $pid (grep { /^\d+$/ } readdir $proc) {
        my @stat = stat_of($pid) or next;
        push @{ $children{ $stat[1] } }, $pid;
    }
    closedir $proc;
    my @look = ($$);
    while (defined(my $parent = shift @look)) {
        push @found, @{ $children{$parent} // [] };
        push @look, @{ $children{$parent} // [] };
    }
    return @found;
}

# State, parent, group, session: what stands behind the name, which may hold anything.
sub stat_of {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/stat" or return ();
    my $line = <$file>;
    return defined $line && $line =~ /^.*\) (\S) (\d+) (\d+) (\d+)/s ? ($1, $2, $3, $4) : ();
}

sub session {
    my @stat = stat_of($_[0]);
    return @stat ? $stat[3] : -1;
}

# --- a gang: one allocation, with a step for each of its members

sub gang {
    $ENV{PATH} = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    my @nodes = places();
    my %address = addresses();
    my ($members, $number) = ('', 0);
    for my $node (@nodes) {
        my ($id) = order($number++);
        last unless defined $id;
        $members .= "$id $node " . ($address{$node} // $node) . "\n";
    }
    put("$root/tmp/hosts.$batch", $members) && rename "$root/tmp/hosts.$batch", "$root/hosts/$batch" or die "$root/hosts/$batch: $!";
    $number = 0;
    for my $node (@nodes) {
        my $step = $number++;
        last unless defined order($step);
        my $pid = fork // die "no process: $!";
        step($batch, $step, "--nodelist=$node", '--error=none', @rest) unless $pid;
    }
    # Whoever asks the members to end asks them themselves.
    1 while waitpid(-1, 0) > 0 || $! + 0 == 4;
    exit 0;
}

# --- an allocation that is held: a step for whatever is to start in it, so many at a time as there are places

sub hold {
    my ($places, $idle, @options) = @rest;
    $ENV{PATH} = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    my (%running, @queue, @silent, $over, $ending);
    my ($taken, $seen, $wanted_at) = (0, '', now_ms());
    while (1) {
        while ((my $pid = waitpid -1, 1) > 0) {
            my $step = delete $running{$pid} or next;
            push @silent, [@$step, $? & 127 ? 128 + ($? & 127) : $? >> 8, now_ms()] unless $ending;
        }
        @silent = grep { !told(@$_) } @silent;
        if (open my $file, '<', "$root/steps/$batch") {
            my $now = join ' ', (stat $file)[7, 9];
            ($seen, $wanted_at) = ($now, now_ms()) if $now ne $seen;
            seek $file, $taken, 0;
            while (defined(my $line = <$file>)) {
                last unless $line =~ s/\n\z//;    # is being written
                $taken += 1 + length $line;
                if ($line eq 'end') { $over = 1; next }
                my $number = 0;
                push @queue, map { [$_, $line, $number++] } ids($line);
            }
        }
        elsif ($! + 0 == 2) { $over = 1 }    # nobody knows of it any more
        while (!$ending && @queue && keys %running < $places) {
            my ($id, $steps, $number) = @{ shift @queue };
            next if -e "$root/ended/$id" || !-e "$root/orders/$steps";
            my $pid = fork // die "no process: $!";
            if ($pid) { $running{$pid} = [$id, $steps]; next }
            step($steps, $number, "--error=$root/said/$batch", '--open-mode=append', @options);
        }
        if (!%running && !@silent) {
            exit 0 if $ending || !@queue && ($over || now_ms() - $wanted_at > $idle);
        }
        # Slurm ends all of it: how, it says itself.
        if (awaited($awaited, @silent ? 200 : 2000) == $term) { $ending = 1; @silent = () }
    }
}

# Whether it is known how a step ended. Its launcher may have been killed with it, or never have come to be; but what another
# node wrote may take its time to be seen here.
sub told {
    my ($id, $steps, $code, $since) = @_;
    return 1 if -e "$root/ended/$id" || !-e "$root/orders/$steps";
    return 0 if now_ms() < $since + 3000;
    put("$root/tmp/$id.$token", "silent $code\n") && link "$root/tmp/$id.$token", "$root/ended/$id";
    unlink "$root/tmp/$id.$token";
    return 1;
}

# Becomes the srun of one member, or of what starts in an allocation.
sub step {
    my ($steps, $number, @options) = @_;
    mask(2, $no_signal);
    no warnings 'exec';
    exec 'srun', '--nodes=1', '--ntasks=1', '--exact', '--export=NONE', '--mpi=none', '--input=none', '--output=none', '--quiet',
        @options, '/usr/bin/perl', "$root/launcher.pl", $root, $steps, 'step', $number;
    exit 1;
}

# The node of each task of the allocation, in order: "2(x3),1" of n[1-4] is n1 n1 n2 n2 n3 n3 n4.
sub places {
    my @names = split /\n/, said('scontrol', 'show', 'hostnames', $ENV{SLURM_JOB_NODELIST});
    my @tasks = map { /^(\d+)\(x(\d+)\)$/ ? ($1) x $2 : ($_) } split /,/, $ENV{SLURM_TASKS_PER_NODE} // '1';
    return map { ($names[$_]) x ($tasks[$_] // 0) } 0 .. $#names;
}

sub addresses {
    my $all = said('scontrol', '--oneliner', 'show', 'node', $ENV{SLURM_JOB_NODELIST});
    return map { /^NodeName=(\S+).* NodeAddr=(\S+)/ ? ($1, $2) : () } split /\n/, $all;
}

sub hosts {
    open my $file, '<', "$root/hosts/$batch" or return {};
    return { map { /^(\d+) \S+ (\S+)/ ? ($1, $2) : () } <$file> };
}

sub said {
    open my $from, '-|', @_ or return '';
    local $/;
    return <$from> // '';
}

# --- the order

# The id and the fields of the order with this number in the file of its batch.
sub order {
    my ($index) = @_;
    open my $file, '<:raw', "$root/orders/$batch" or return;
    my $head;
    sysread($file, $head, 12) == 12 && substr($head, 0, 8) eq 'YARDORD1' or die "$root/orders/$batch is not a file of orders\n";
    my $count = unpack 'x8V', $head;
    return if $index >= $count;
    sysseek $file, 12 + 20 * $index, 0;
    sysread($file, my $entry, 20) == 20 or die "$root/orders/$batch is cut off\n";
    my ($id, $offset, $length) = unpack 'Q<Q<V', $entry;
    sysseek $file, $offset, 0;
    my $text = '';
    while (length $text < $length) {
        my $n = sysread $file, $text, $length - length $text, length $text;
        die "$root/orders/$batch is cut off\n" unless $n;
    }
    return $id, unpack '(V/a)*', $text;
}

# The attempts of a batch, in order.
sub ids {
    my ($name) = @_;
    open my $file, '<:raw', "$root/orders/$name" or return;
    local $/;
    my $text = <$file> // '';
    return unless length $text >= 12 && substr($text, 0, 8) eq 'YARDORD1';
    return map { unpack 'Q<', substr $text, 12 + 20 * $_, 8 } 0 .. unpack('x8V', $text) - 1;
}

# Finds the program as execvp would, against the task's own PATH.
sub program {
    my ($id, $name, $path, $directory) = @_;
    refuse($id, 'no program given') if $name eq '';
    if ($name =~ m{/}) {
        my $file = $name =~ m{^/} ? $name : "$directory/$name";
        if (my $why = unfit($file)) { refuse($id, $why) }
        return $file;
    }
    $path = '/usr/local/bin:/usr/bin:/bin' unless defined $path;
    my $found;
    for my $part (split /:/, $path) {
        next unless $part =~ m{^/};
        my $file = $part =~ m{/$} ? "$part$name" : "$part/$name";
        next unless -e $file;
        my $why = unfit($file);
        return $file unless $why;
        $found //= $why;
    }
    refuse($id, $found // "program not found: $name (PATH is $path)");
}

sub unfit {
    my ($file) = @_;
    return $! + 0 == 13 ? "program cannot be reached: $file" : "program not found: $file" unless -e $file;
    return "program is a directory: $file" if -d _;
    return -x _ ? '' : "program is not executable: $file";
}

# --- telling

sub refuse {
    my ($id, $why) = @_;
    report($id, "refused\n$why");
    exit 1;
}

sub report {
    my ($id, $text) = @_;
    for (1 .. 50) {
        return if put("$root/tmp/$id.$token", $text) && rename "$root/tmp/$id.$token", "$root/ended/$id";
        select undef, undef, undef, 0.2;    # a disk that is full, a server of files that is away
    }
}

sub put {
    my ($path, $text) = @_;
    open my $file, '>:raw', $path or return 0;
    return print({$file} $text) && close $file;
}

sub make {
    my ($path) = @_;
    return 1 if mkdir $path or $! + 0 == 17;
    return 0 if $! + 0 != 2 || $path !~ m{^(/.+)/};
    return make($1) && (mkdir $path or $! + 0 == 17);
}

# Whatever Slurm left open is not the task's.
sub close_others {
    opendir my $open, '/proc/self/fd' or return;
    for my $number (grep { /^\d+$/ && $_ > 2 } readdir $open) {
        # Closed when the program starts; this one is kept until then.
        if (open my $other, '<&=', $number) { fcntl $other, 2, 1; push @kept, $other }
    }
}

sub now_ms {
    my $time = pack 'qq', 0, 0;
    syscall $call{clock_gettime}, 1, $time;
    my ($seconds, $nanos) = unpack 'qq', $time;
    return $seconds * 1000 + int($nanos / 1000_000);
}

# The signal of a set that came, waiting for it so many milliseconds at the most.
sub awaited {
    my ($set, $ms) = @_;
    my $time = pack 'qq', int($ms / 1000), $ms % 1000 * 1000_000;
    return syscall $call{sigtimedwait}, $set, 0, $time, 8;
}

sub mask { syscall $call{sigprocmask}, $_[0], $_[1], 0, 8 }

# Their numbers differ between processors.
sub syscalls {
    open my $file, '<:raw', '/proc/self/exe' or die "/proc/self/exe: $!";
    sysread $file, my $head, 20;
    return unpack('x18v', $head) == 183    # 64-bit ARM, else x86-64
        ? (prctl => 167, setsid => 157, execve => 221, sigprocmask => 135, sigtimedwait => 137, clock_gettime => 113)
        : (prctl => 157, setsid => 112, execve => 59, sigprocmask => 14, sigtimedwait => 128, clock_gettime => 228);
}
